// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/spi.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// SPIs as they are on the wire and in what is hashed.
inline std::array<std::uint8_t, 4> octets_of(Spi spi) {
  std::array<std::uint8_t, 4> octets;
  store_be32(octets.data(), spi.value());
  return octets;
}
inline std::array<std::uint8_t, 8> octets_of(IkeSpi spi) {
  std::array<std::uint8_t, 8> octets;
  store_be64(octets.data(), spi.value());
  return octets;
}
// SPIi | SPIr.
inline std::array<std::uint8_t, 16> octets_of(const IkeSpiPair& spis) {
  std::array<std::uint8_t, 16> octets;
  store_be64(octets.data(), spis.initiator.value());
  store_be64(octets.data() + 8, spis.responder.value());
  return octets;
}

}  // namespace hawser
