// SPDX-License-Identifier: Apache-2.0
#include "tun/vnet_header.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace hawser {
namespace {

// linux/virtio_net.h, which does not compile as C++ (and lacks the last kind in Debian 12).
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kGsoNone = 0;
constexpr std::uint8_t kGsoTcpV4 = 1;
constexpr std::uint8_t kGsoTcpV6 = 4;
constexpr std::uint8_t kGsoUdpL4 = 5;
constexpr std::uint8_t kGsoEcn = 0x80;

constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kMinTcpHeaderSize = 20;
constexpr std::uint16_t kTcpChecksumOffset = 16;
constexpr std::uint16_t kUdpChecksumOffset = 6;
constexpr std::uint8_t kTcpFlagCwr = 0x80;

std::uint16_t load_le16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] | (p[1] << 8));
}
void store_le16(std::uint8_t* p, std::uint16_t value) {
  p[0] = static_cast<std::uint8_t>(value);
  p[1] = static_cast<std::uint8_t>(value >> 8);
}

struct TransportStart {
  std::uint8_t protocol;
  std::size_t offset;
};

std::optional<TransportStart> find_transport_v4(ByteSpan packet) {
  if (packet.size() < 20) return std::nullopt;
  const std::size_t header = std::size_t{packet[0] & 0x0fU} * 4;
  if (header < 20 || header > packet.size()) return std::nullopt;
  return TransportStart{packet[9], header};
}

std::optional<TransportStart> find_transport_v6(ByteSpan packet) {
  constexpr std::uint8_t kHopByHop = 0;
  constexpr std::uint8_t kRouting = 43;
  constexpr std::uint8_t kDestinationOptions = 60;
  if (packet.size() < 40) return std::nullopt;
  std::uint8_t next = packet[6];
  std::size_t offset = 40;
  while (next == kHopByHop || next == kRouting || next == kDestinationOptions) {
    if (packet.size() < offset + 8) return std::nullopt;
    next = packet[offset];
    offset += (std::size_t{packet[offset + 1]} + 1) * 8;
  }
  if (offset > packet.size()) return std::nullopt;
  return TransportStart{next, offset};
}

bool is_v6(ByteSpan packet) { return (packet[0] >> 4) == 6; }

std::optional<TransportStart> find_transport(ByteSpan packet) {
  switch (packet[0] >> 4) {
    case 4:
      return find_transport_v4(packet);
    case 6:
      return find_transport_v6(packet);
  }
  return std::nullopt;
}

// The size of the headers that every segment begins with; 0 if they are not sound.
std::size_t segment_header_size(ByteSpan packet, GsoKind kind, TransportStart start) {
  if (kind == GsoKind::kUdp) {
    const std::size_t end = start.offset + kUdpHeaderSize;
    return start.protocol == kProtocolUdp && end <= packet.size() ? end : 0;
  }
  if (start.protocol != kProtocolTcp) return 0;
  if (packet.size() < start.offset + kMinTcpHeaderSize) return 0;
  const std::size_t tcp = std::size_t{packet[start.offset + 12]} / 16 * 4;
  const std::size_t end = start.offset + tcp;
  return tcp >= kMinTcpHeaderSize && end <= packet.size() ? end : 0;
}

struct KindOfGso {
  GsoKind kind;
  std::uint8_t version;  // 0: either
};

std::optional<KindOfGso> kind_of_gso(std::uint8_t gso_type) {
  switch (gso_type & ~kGsoEcn) {
    case kGsoNone:
      return KindOfGso{GsoKind::kNone, 0};
    case kGsoTcpV4:
      return KindOfGso{GsoKind::kTcp, 4};
    case kGsoTcpV6:
      return KindOfGso{GsoKind::kTcp, 6};
    case kGsoUdpL4:
      return KindOfGso{GsoKind::kUdp, 0};
  }
  return std::nullopt;
}

Result<Gso, VnetError> decode_gso(const std::uint8_t* header, ByteSpan packet, KindOfGso kind) {
  Gso gso{.kind = kind.kind};
  if (kind.version != 0 && kind.version != (packet[0] >> 4)) return failure(VnetError::kBadHeaders);
  const auto transport = find_transport(packet);
  if (!transport) return failure(VnetError::kBadHeaders);
  const std::size_t size = segment_header_size(packet, kind.kind, *transport);
  if (size == 0 || size >= packet.size()) return failure(VnetError::kBadHeaders);
  gso.header_size = static_cast<std::uint16_t>(size);
  gso.segment_size = load_le16(header + 4);
  if (gso.segment_size == 0) return failure(VnetError::kBadSegmentSize);
  const std::uint16_t offset = kind.kind == GsoKind::kTcp ? kTcpChecksumOffset : kUdpChecksumOffset;
  if (!(header[0] & kNeedsChecksum) || load_le16(header + 6) != transport->offset ||
      load_le16(header + 8) != offset) {
    return failure(VnetError::kBadChecksum);
  }
  gso.needs_checksum = true;
  gso.checksum_start = load_le16(header + 6);
  gso.checksum_offset = offset;
  return gso;
}

Result<Gso, VnetError> decode_plain(const std::uint8_t* header, ByteSpan packet) {
  Gso gso;
  if (!(header[0] & kNeedsChecksum)) return gso;
  gso.needs_checksum = true;
  gso.checksum_start = load_le16(header + 6);
  gso.checksum_offset = load_le16(header + 8);
  const std::size_t end = std::size_t{gso.checksum_start} + gso.checksum_offset + 2;
  const std::size_t ip_header = is_v6(packet) ? 40 : 20;
  if (gso.checksum_start < ip_header || end > packet.size()) {
    return failure(VnetError::kBadChecksum);
  }
  return gso;
}

}  // namespace

Result<InnerPacket, VnetError> decode_vnet_header(MutableByteSpan frame) {
  constexpr std::size_t kMinPacket = 20;
  constexpr std::size_t kMaxPacket = 65535;
  if (frame.size() < kVnetHeaderSize + kMinPacket) return failure(VnetError::kTruncated);
  const MutableByteSpan packet = frame.subspan(kVnetHeaderSize);
  if (packet.size() > kMaxPacket) return failure(VnetError::kBadHeaders);
  const std::uint8_t* header = frame.data();
  const auto kind = kind_of_gso(header[1]);
  if (!kind) return failure(VnetError::kUnknownGso);
  const auto gso = kind->kind == GsoKind::kNone ? decode_plain(header, packet)
                                                : decode_gso(header, packet, *kind);
  if (!gso) return failure(gso.error());
  return InnerPacket{packet, *gso};
}

std::array<std::uint8_t, kVnetHeaderSize> encode_vnet_header(const Gso& gso, ByteSpan first_part) {
  std::array<std::uint8_t, kVnetHeaderSize> header{};
  if (gso.needs_checksum) {
    header[0] = kNeedsChecksum;
    store_le16(&header[6], gso.checksum_start);
    store_le16(&header[8], gso.checksum_offset);
  }
  switch (gso.kind) {
    case GsoKind::kNone:
      return header;
    case GsoKind::kTcp: {
      assert(first_part.size() >= gso.header_size);
      header[1] = is_v6(first_part) ? kGsoTcpV6 : kGsoTcpV4;
      // RFC 3168 section 6.1.2: CWR belongs on the first segment only; this tells who cuts it.
      if (first_part[gso.checksum_start + 13U] & kTcpFlagCwr) header[1] |= kGsoEcn;
      break;
    }
    case GsoKind::kUdp:
      header[1] = kGsoUdpL4;
      break;
  }
  store_le16(&header[2], gso.header_size);
  store_le16(&header[4], gso.segment_size);
  return header;
}

}  // namespace hawser
