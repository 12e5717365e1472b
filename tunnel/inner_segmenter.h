// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/inner_packet.h"
#include "base/result.h"
#include "tunnel/drop_reason.h"
#include "tunnel/ip_header.h"

namespace hawser {

// Cuts a super-packet from the TUN device into the IP packets that it stands for, as a network card
// with TSO or USO would: lengths, IPv4 identification + 1 each, TCP sequence, PSH and FIN only on
// the last, CWR only on the first, complete checksums. Reads the packet's memory, writes elsewhere.
class InnerSegmenter {
 public:
  // `header` is the packet's own. Fails with kMalformedOutbound if the super-packet is not sound.
  static Result<InnerSegmenter, DropReason> make(const InnerPacket& packet, const IpHeader& header);

  std::size_t count() const { return count_; }
  std::size_t header_size() const { return header_size_; }  // IP and TCP or UDP
  // Octets of the whole IP packet; all the same but the last, which may be shorter.
  std::size_t size_of(std::size_t index) const;
  // Writes size_of(index) octets.
  void write(std::size_t index, std::uint8_t* out) const;

 private:
  InnerSegmenter() = default;
  void write_tcp(std::size_t index, std::uint8_t* l4) const;

  ByteSpan packet_;
  IpHeader header_;
  GsoKind kind_ = GsoKind::kTcp;
  std::size_t header_size_ = 0;  // IP and TCP or UDP
  std::size_t segment_size_ = 0;
  std::size_t count_ = 0;
};

// Fills in the checksum of a packet that is not a super-packet but needs one. False if the offsets
// point outside the packet.
[[nodiscard]] bool complete_checksum(MutableByteSpan packet, const Gso& gso);

}  // namespace hawser
