// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace hawser::lab {

// SplitMix64: the state is a counter, so that a value can also be had by its index.
inline std::uint64_t split_mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// One stream of numbers. Each kind of decision owns one, so that the n-th packet meets the same
// fate whatever else is switched on.
class LinkRandom {
 public:
  LinkRandom(std::uint64_t seed, std::uint64_t stream)
      : state_(split_mix(split_mix(seed + kStep) + stream * kStep)) {}

  double uniform() { return to_unit(split_mix(state_ += kStep)); }

  // Standard normal number number `index`, without changing the stream.
  double normal_at(std::uint64_t index) const {
    const std::uint64_t base = state_ + 2 * index * kStep;
    const double radius = std::sqrt(-2 * std::log(1 - to_unit(split_mix(base))));
    return radius * std::cos(2 * std::numbers::pi * to_unit(split_mix(base + kStep)));
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;
  static double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

  std::uint64_t state_;
};

}  // namespace hawser::lab
