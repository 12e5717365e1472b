// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>

namespace hawser {

// What the command lines of the swarms have in common; what is no number is 0.
inline std::uint64_t parse_number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}
// For printf's %llu.
inline unsigned long long show(std::uint64_t value) { return value; }

}  // namespace hawser
