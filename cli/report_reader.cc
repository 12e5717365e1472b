// SPDX-License-Identifier: Apache-2.0
#include "cli/report_reader.h"

namespace hawser {

const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto it = object.find(key);
  return it != object.end() ? *it : kNothing;
}

bool is_count(const Json& value) {
  return value.is_number_unsigned() ||
         (value.is_number_integer() && value.get<std::int64_t>() >= 0);
}

std::uint64_t number(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return is_count(value) ? value.get<std::uint64_t>() : 0;
}

double real(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number() ? value.get<double>() : 0;
}

bool flag(const Json& object, const char* key) { return member(object, key) == true; }

std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string list(const Json& items) {
  std::string joined;
  for (const Json& item : items) {
    if (!item.is_string()) continue;
    if (!joined.empty()) joined += ", ";
    joined += item.get<std::string>();
  }
  return joined.empty() ? "none" : joined;
}

}  // namespace hawser
