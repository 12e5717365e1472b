// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace hawser {

// A number that is not to be mixed up with another: using Spi = Strong<struct SpiTag, uint32_t>.
template <typename Tag, typename T>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}
  constexpr T value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace hawser

template <typename Tag, typename T>
struct std::hash<hawser::Strong<Tag, T>> {
  std::size_t operator()(const hawser::Strong<Tag, T>& strong) const {
    return std::hash<T>()(strong.value());
  }
};
