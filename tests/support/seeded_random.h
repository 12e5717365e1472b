// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>

#include "base/random.h"

namespace hawser {

// The same octets for the same seed. For tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(MutableByteSpan bytes) override {
    for (std::uint8_t& octet : bytes) octet = static_cast<std::uint8_t>(engine_());
  }
  // From 0 to limit - 1.
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool chance(double probability) {
    return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace hawser
