// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::test {

// One case of a file under tests/vectors/: values by name.
class VectorCase {
 public:
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  bool has(const std::string& name) const { return values_.contains(name); }
  bool empty() const { return values_.empty(); }
  // Throws std::out_of_range where there is no such value, which fails the test.
  const std::string& text(const std::string& name) const { return values_.at(name); }
  std::vector<std::uint8_t> hex(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

// Lines "name = value"; a line that begins with a space continues the value above, one that begins
// with # is a comment, and an empty line ends a case. Throws std::runtime_error if the file cannot
// be read or has anything else.
std::vector<VectorCase> read_vectors(std::string_view file_name);

}  // namespace hawser::test
