// SPDX-License-Identifier: Apache-2.0
#include "tests/crypto/certificate_files.h"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace hawser::test {

std::string certificate_file(std::string_view name) {
  const std::string path =
      std::string(HAWSER_SOURCE_DIR) + "/tests/vectors/certificates/" + std::string(name);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<std::uint8_t> certificate_octets(std::string_view name) {
  const std::string text = certificate_file(name);
  return std::vector<std::uint8_t>(text.begin(), text.end());
}

Certificate read_certificate(std::string_view name) {
  auto certificates = Certificate::parse_pem(certificate_file(std::string(name) + ".pem"));
  if (!certificates.has_value()) throw std::runtime_error(certificates.error().sentence);
  return std::move(certificates->front());
}

ByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace hawser::test
