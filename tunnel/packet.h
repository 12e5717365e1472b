// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/address_pair.h"
#include "base/bytes.h"
#include "base/inner_packet.h"
#include "base/ip_address.h"
#include "base/spi.h"

namespace hawser {

// The two low bits of the TOS or traffic-class octet (RFC 3168).
enum class Ecn : std::uint8_t { kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3 };

// How outer packets travel. TCP and TLS come with their carriers.
enum class Carrier : std::uint8_t { kUdp };

// One UDP payload from the network. The memory is the receiver's and is opened in place: it is
// overwritten. Valid until the results of the call that takes it have been polled.
struct OuterPacket {
  AddressPair addresses;
  MutableByteSpan bytes;
  Ecn ecn = Ecn::kNotEct;
};

// Packets to send to one address, one behind the other in one buffer: each `segment_size` octets
// long, only the last may be shorter. All have one SPI. At most kMaxSegments, at most kMaxBytes:
// one UDP_SEGMENT send. Valid until the next handle_* call of the object that returned it.
struct Transmit {
  static constexpr std::size_t kMaxSegments = 64;
  static constexpr std::size_t kMaxBytes = 65000;

  AddressPair addresses;
  ByteSpan bytes;
  std::uint16_t segment_size = 0;
  Carrier carrier = Carrier::kUdp;
  Ecn ecn = Ecn::kNotEct;
  unsigned link = 0;  // index of the interface that it must leave by; 0: the system chooses
  // It may travel in IP fragments: it is known to be larger than its way takes.
  bool may_fragment = false;
};

// One receive call takes so many messages at most, each with up to Transmit::kMaxSegments packets.
inline constexpr std::size_t kReceiveMessages = 32;
inline constexpr std::size_t kReceivePackets = kReceiveMessages * Transmit::kMaxSegments;

// A datagram was larger than its way takes.
struct TooBig {
  TransportAddress remote;  // where it was sent
  std::uint32_t mtu = 0;    // of the whole outer packet; 0: not said
  // Of the ESP packet in it.
  Spi spi;
  std::uint32_t sequence_low = 0;
  bool from_network = false;  // an ICMP message says so, which anybody may have sent
};

}  // namespace hawser
