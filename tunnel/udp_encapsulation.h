// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace hawser {

// What a UDP payload on port 4500 is (RFC 3948 section 2): its first four octets decide.
enum class UdpPayload : std::uint8_t {
  kEsp,        // an SPI that is not zero
  kKeepalive,  // one octet 0xFF
  kControl,    // the non-ESP marker: four zero octets, then IKE
  kRunt,       // anything else shorter than four octets
};

inline constexpr std::uint8_t kKeepaliveOctet = 0xff;
inline constexpr std::size_t kNonEspMarkerSize = 4;

inline UdpPayload classify_udp_payload(ByteSpan payload) {
  if (payload.size() == 1 && payload[0] == kKeepaliveOctet) return UdpPayload::kKeepalive;
  if (payload.size() < kNonEspMarkerSize) return UdpPayload::kRunt;
  return load_be32(payload.data()) == 0 ? UdpPayload::kControl : UdpPayload::kEsp;
}

}  // namespace hawser
