// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inner_segmenter.h"

#include <algorithm>
#include <cstring>

#include "tunnel/inet_checksum.h"

namespace hawser {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20;
constexpr std::uint8_t kTcpFin = 0x01;
constexpr std::uint8_t kTcpPsh = 0x08;
constexpr std::uint8_t kTcpCwr = 0x80;

// Size of the TCP or UDP header behind the IP header, or 0 if there is no room for one.
std::size_t l4_header_size(ByteSpan packet, const IpHeader& header, GsoKind kind) {
  const std::size_t rest = header.total_size - header.header_size;
  if (kind == GsoKind::kUdp) return rest >= kUdpHeader ? kUdpHeader : 0;
  if (rest < kTcpHeader) return 0;
  const std::size_t size = static_cast<std::size_t>(packet[header.header_size + 12u] >> 4) * 4;
  return size >= kTcpHeader && size <= rest ? size : 0;
}

}  // namespace

Result<InnerSegmenter, DropReason> InnerSegmenter::make(const InnerPacket& packet,
                                                        const IpHeader& header) {
  const bool is_udp = packet.gso.kind == GsoKind::kUdp;
  const std::uint8_t protocol = is_udp ? kProtocolUdp : kProtocolTcp;
  if (header.protocol != protocol || header.is_fragment || packet.gso.segment_size == 0) {
    return failure(DropReason::kMalformedOutbound);
  }
  InnerSegmenter segmenter;
  segmenter.packet_ = packet.bytes.first(header.total_size);
  segmenter.header_ = header;
  segmenter.kind_ = packet.gso.kind;
  const std::size_t l4 = l4_header_size(segmenter.packet_, header, packet.gso.kind);
  if (l4 == 0) return failure(DropReason::kMalformedOutbound);
  segmenter.header_size_ = header.header_size + l4;
  segmenter.segment_size_ = packet.gso.segment_size;
  const std::size_t payload = segmenter.packet_.size() - segmenter.header_size_;
  segmenter.count_ =
      std::max<std::size_t>(1, (payload + segmenter.segment_size_ - 1) / segmenter.segment_size_);
  return segmenter;
}

std::size_t InnerSegmenter::size_of(std::size_t index) const {
  const std::size_t payload = packet_.size() - header_size_;
  return header_size_ + std::min(segment_size_, payload - index * segment_size_);
}

void InnerSegmenter::write(std::size_t index, std::uint8_t* out) const {
  const std::size_t size = size_of(index);
  std::memcpy(out, packet_.data(), header_size_);
  std::memcpy(out + header_size_, packet_.data() + header_size_ + index * segment_size_,
              size - header_size_);
  if (header_.is_v4()) {
    store_be16(out + 4, static_cast<std::uint16_t>(load_be16(out + 4) + index));
  }
  set_ip_length({out, size}, header_, size);
  std::uint8_t* l4 = out + header_.header_size;
  const std::size_t l4_size = size - header_.header_size;
  std::uint8_t* checksum = l4 + (kind_ == GsoKind::kTcp ? 16 : 6);
  if (kind_ == GsoKind::kTcp) {
    write_tcp(index, l4);
  } else {
    store_be16(l4 + 4, static_cast<std::uint16_t>(l4_size));
  }
  store_be16(checksum, 0);
  const ChecksumSum pseudo = pseudo_header_sum(header_addresses(packet_, header_), header_.protocol,
                                               static_cast<std::uint32_t>(l4_size));
  const std::uint16_t value = finish_checksum(add_to_sum(pseudo, {l4, l4_size}));
  // RFC 768: a UDP checksum that comes out as zero is sent as all ones.
  store_be16(checksum, kind_ == GsoKind::kUdp && value == 0 ? 0xffff : value);
}

void InnerSegmenter::write_tcp(std::size_t index, std::uint8_t* l4) const {
  store_be32(l4 + 4, load_be32(l4 + 4) + static_cast<std::uint32_t>(index * segment_size_));
  if (index + 1 < count_) l4[13] &= static_cast<std::uint8_t>(~(kTcpFin | kTcpPsh));
  if (index > 0) l4[13] &= static_cast<std::uint8_t>(~kTcpCwr);
}

bool complete_checksum(MutableByteSpan packet, const Gso& gso) {
  const std::size_t field = std::size_t{gso.checksum_start} + gso.checksum_offset;
  if (gso.checksum_start > packet.size() || field + 2 > packet.size()) return false;
  // The field holds the pseudo-header's sum, so that summing over it adds just that.
  const std::uint16_t value = finish_checksum(add_to_sum(0, packet.subspan(gso.checksum_start)));
  store_be16(&packet[field], value == 0 ? 0xffff : value);
  return true;
}

}  // namespace hawser
