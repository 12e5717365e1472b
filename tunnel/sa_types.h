// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "antireplay/replay_window.h"
#include "base/spi.h"
#include "base/strong.h"
#include "crypto/sa_key.h"

namespace hawser {

using WorkerIndex = Strong<struct WorkerIndexTag, std::uint8_t>;

inline constexpr unsigned kMaxWorkers = 64;

// Which worker has the SA with this index in a set.
constexpr WorkerIndex owner_of(std::size_t index, unsigned workers) {
  return WorkerIndex(static_cast<std::uint8_t>(index % workers));
}

// Our SPIs are laid out so that finding the SA is one load and one compare, and so that a kernel
// filter can steer by the first octet:
//   owner + 1 (8 bits) | slot (16 bits) | random (8 bits)
// The owner is the worker that the SA belongs to. 0 and 1..255 never occur (RFC 3948, RFC 4303).
constexpr Spi make_spi(WorkerIndex owner, std::uint16_t slot, std::uint8_t random) {
  return Spi((std::uint32_t{owner.value()} + 1) << 24 | std::uint32_t{slot} << 8 | random);
}
constexpr std::uint8_t spi_owner_octet(Spi spi) {
  return static_cast<std::uint8_t>(spi.value() >> 24);
}
constexpr std::uint16_t spi_slot(Spi spi) { return static_cast<std::uint16_t>(spi.value() >> 8); }
// True if the SPI can be one of ours with this many workers.
constexpr bool spi_is_ours(Spi spi, unsigned workers) {
  return spi_owner_octet(spi) >= 1 && spi_owner_octet(spi) <= workers;
}

}  // namespace hawser
