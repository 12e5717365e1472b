// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

// What libFuzzer calls, and under GCC the replay.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hawser::fuzz {

// A property that must hold for every input: stops the process in every build type.
inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

// Takes decisions from the front of the input; zeroes once it is used up.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    std::uint8_t value = 0;
    return reader([&](ByteReader& reader) { return reader.read_u8(value); }) ? value : 0;
  }
  std::uint16_t u16() {
    std::uint16_t value = 0;
    return reader([&](ByteReader& reader) { return reader.read_u16(value); }) ? value : 0;
  }
  // A copy of the next octets, at most `count`: memory of exactly that size, so that a read behind
  // its end is seen.
  std::vector<std::uint8_t> bytes(std::size_t count) {
    const ByteSpan taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  std::vector<std::uint8_t> rest() { return bytes(rest_.size()); }

 private:
  template <typename Read>
  bool reader(Read read) {
    ByteReader reader(rest_);
    const bool ok = read(reader);
    rest_ = ok ? reader.rest() : ByteSpan();
    return ok;
  }

  ByteSpan rest_;
};

inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace hawser::fuzz
