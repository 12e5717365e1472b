// SPDX-License-Identifier: Apache-2.0
#include "tests/crypto/vector_file.h"

#include <fstream>
#include <stdexcept>

namespace hawser::test {

std::vector<std::uint8_t> VectorCase::hex(const std::string& name) const {
  const std::string& digits = text(name);
  if (digits.size() % 2 != 0) throw std::runtime_error("odd number of digits: " + digits);
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

std::vector<VectorCase> read_vectors(std::string_view file_name) {
  const std::string path =
      std::string(HAWSER_SOURCE_DIR) + "/tests/vectors/" + std::string(file_name);
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<VectorCase> cases(1);
  std::string name;
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t equals = line.find(" =");
    if (line.starts_with("#")) continue;
    if (line.empty()) {
      if (!cases.back().empty()) cases.emplace_back();
    } else if (line.starts_with(" ") && !name.empty()) {
      cases.back().set(name, cases.back().text(name) + line.substr(line.find_first_not_of(' ')));
    } else if (equals != std::string::npos) {
      name = line.substr(0, equals);
      cases.back().set(name, line.size() > equals + 3 ? line.substr(equals + 3) : "");
    } else {
      throw std::runtime_error(path + ": what is this? " + line);
    }
  }
  if (cases.back().empty()) cases.pop_back();
  return cases;
}

}  // namespace hawser::test
