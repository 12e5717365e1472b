// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ike-lite/ike_engine.h"

namespace hawser {

// One SPI after the other, none twice.
class NumberedSpis final : public ChildSpiSource {
 public:
  std::optional<Spi> allocate(unsigned /*k*/) override { return Spi(++last_); }
  void release(Spi /*spi*/) override {}

 private:
  std::uint32_t last_ = 0x01000000;
};

}  // namespace hawser
