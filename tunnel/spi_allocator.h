// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "ike-lite/ike_engine.h"
#include "tunnel/sa_types.h"

namespace hawser {

// Gives negotiated SAs their inbound SPIs, in the layout of make_spi(). Slots go round, so that one
// which became free is not used again soon: what is late for the old SA must not meet the new one.
class SpiAllocator final : public ChildSpiSource {
 public:
  // Slots from here on are for negotiated SAs; manual ones may take the rest.
  static constexpr std::uint16_t kFirstSlot = 0x4000;
  // Of one owner, before slots are used again at all.
  static constexpr std::size_t kMinRound = 1024;

  SpiAllocator(unsigned workers, Random& random);

  std::optional<Spi> allocate(unsigned k) override;
  void release(Spi spi) override;
  std::size_t used() const { return used_.size(); }

 private:
  static constexpr std::size_t kSlots = 0x10000 - kFirstSlot;

  Random& random_;
  std::vector<std::size_t> next_;  // of each owner
  std::vector<std::size_t> count_;
  // The whole SPI by owner and slot: who releases late must not take it from another.
  std::unordered_map<std::uint32_t, Spi> used_;
};

}  // namespace hawser
