// SPDX-License-Identifier: Apache-2.0
#include "tunnel/spi_allocator.h"

#include <algorithm>

namespace hawser {
namespace {

std::uint32_t key_of(Spi spi) { return spi.value() >> 8; }

}  // namespace

SpiAllocator::SpiAllocator(unsigned workers, Random& random)
    : random_(random), next_(workers), count_(workers) {}

std::optional<Spi> SpiAllocator::allocate(unsigned k) {
  const std::size_t owner = k % next_.size();
  if (count_[owner] == kSlots) return std::nullopt;
  const std::size_t round = std::min(kSlots, std::max(kMinRound, 2 * count_[owner] + 1));
  std::uint8_t octet[1];
  random_.fill(octet);
  for (;;) {
    const std::size_t slot = kFirstSlot + next_[owner];
    next_[owner] = (next_[owner] + 1) % round;
    const Spi spi = make_spi(WorkerIndex(static_cast<std::uint8_t>(owner)),
                             static_cast<std::uint16_t>(slot), octet[0]);
    if (!used_.try_emplace(key_of(spi), spi).second) continue;
    ++count_[owner];
    return spi;
  }
}

void SpiAllocator::release(Spi spi) {
  const auto found = used_.find(key_of(spi));
  if (found == used_.end() || found->second != spi) return;
  used_.erase(found);
  --count_[spi_owner_octet(spi) - 1u];
}

}  // namespace hawser
