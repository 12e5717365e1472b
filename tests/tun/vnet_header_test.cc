// SPDX-License-Identifier: Apache-2.0
#include "tun/vnet_header.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kTcpV4 = 1;
constexpr std::uint8_t kUfo = 3;
constexpr std::uint8_t kTcpV6 = 4;
constexpr std::uint8_t kUdpL4 = 5;
constexpr std::uint8_t kEcn = 0x80;

struct Frame {
  std::uint8_t flags = kNeedsChecksum;
  std::uint8_t type = kTcpV4;
  std::uint16_t segment = 1000;
  std::uint16_t start = 20;
  std::uint16_t offset = 16;
  std::vector<std::uint8_t> packet;

  std::vector<std::uint8_t> bytes() const {
    const auto low = [](unsigned value) { return static_cast<std::uint8_t>(value & 0xffU); };
    const auto high = [](unsigned value) { return static_cast<std::uint8_t>(value >> 8); };
    // hdr_len is 9999: nobody is to believe it.
    std::vector<std::uint8_t> all{flags,        type,          low(9999),  high(9999),
                                  low(segment), high(segment), low(start), high(start),
                                  low(offset),  high(offset)};
    all.insert(all.end(), packet.begin(), packet.end());
    return all;
  }
};

std::vector<std::uint8_t> v4_packet(std::uint8_t protocol, std::size_t payload) {
  std::vector<std::uint8_t> packet(20 + payload, 0);
  packet[0] = 0x45;
  packet[9] = protocol;
  if (payload > 12) packet[20 + 12] = 0x80;  // TCP: 32 octets of header
  return packet;
}

std::vector<std::uint8_t> v6_packet(std::uint8_t protocol, std::size_t payload) {
  std::vector<std::uint8_t> packet(40 + payload, 0);
  packet[0] = 0x60;
  packet[6] = protocol;
  if (payload > 12) packet[40 + 12] = 0x50;
  return packet;
}

VnetError error_of(const Frame& frame) {
  auto bytes = frame.bytes();
  const auto result = decode_vnet_header(bytes);
  EXPECT_FALSE(result.has_value());
  return result ? VnetError{0xff} : result.error();
}

TEST(VnetHeader, DecodesPlainPacket) {
  auto bytes = Frame{.flags = 0, .type = 0, .packet = v4_packet(1, 8)}.bytes();
  const auto result = decode_vnet_header(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes.data(), bytes.data() + kVnetHeaderSize);
  EXPECT_EQ(result->bytes.size(), 28U);
  EXPECT_EQ(result->gso.kind, GsoKind::kNone);
  EXPECT_FALSE(result->gso.needs_checksum);
}

TEST(VnetHeader, DecodesOpenChecksum) {
  auto bytes = Frame{.type = 0, .offset = 6, .packet = v4_packet(17, 9)}.bytes();
  const auto result = decode_vnet_header(bytes);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->gso.needs_checksum);
  EXPECT_EQ(result->gso.checksum_start, 20);
  EXPECT_EQ(result->gso.checksum_offset, 6);
}

TEST(VnetHeader, DecodesTcpV4SuperPacketByItsOwnHeaders) {
  auto bytes = Frame{.type = kTcpV4 | kEcn, .packet = v4_packet(6, 5000)}.bytes();
  const auto result = decode_vnet_header(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->gso.kind, GsoKind::kTcp);
  EXPECT_EQ(result->gso.segment_size, 1000);
  EXPECT_EQ(result->gso.header_size, 20 + 32);
}

TEST(VnetHeader, DecodesTcpV6BehindExtensionHeader) {
  auto packet = v6_packet(60, 8 + 3000);
  packet[40] = 6;
  packet[41] = 0;
  packet[48 + 12] = 0x50;
  auto bytes = Frame{.type = kTcpV6, .start = 48, .packet = packet}.bytes();
  const auto result = decode_vnet_header(bytes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->gso.header_size, 68);
}

TEST(VnetHeader, DecodesUdpSuperPackets) {
  auto v4 = Frame{.type = kUdpL4, .offset = 6, .packet = v4_packet(17, 3000)}.bytes();
  auto v6 = Frame{.type = kUdpL4, .start = 40, .offset = 6, .packet = v6_packet(17, 3000)}.bytes();
  const auto first = decode_vnet_header(v4);
  const auto second = decode_vnet_header(v6);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->gso.kind, GsoKind::kUdp);
  EXPECT_EQ(first->gso.header_size, 28);
  EXPECT_EQ(second->gso.header_size, 48);
}

TEST(VnetHeader, RefusesWhatIsNotSound) {
  const auto tcp = v4_packet(6, 3000);
  EXPECT_EQ(error_of({.type = kUfo, .packet = tcp}), VnetError::kUnknownGso);
  EXPECT_EQ(error_of({.type = 77, .packet = tcp}), VnetError::kUnknownGso);
  EXPECT_EQ(error_of({.type = kTcpV6, .packet = tcp}), VnetError::kBadHeaders);
  EXPECT_EQ(error_of({.type = kUdpL4, .packet = tcp}), VnetError::kBadHeaders);
  EXPECT_EQ(error_of({.packet = v4_packet(17, 3000)}), VnetError::kBadHeaders);
  EXPECT_EQ(error_of({.segment = 0, .packet = tcp}), VnetError::kBadSegmentSize);
  EXPECT_EQ(error_of({.flags = 0, .packet = tcp}), VnetError::kBadChecksum);
  EXPECT_EQ(error_of({.start = 24, .packet = tcp}), VnetError::kBadChecksum);
  EXPECT_EQ(error_of({.offset = 6, .packet = tcp}), VnetError::kBadChecksum);
  // Headers only, nothing to cut.
  EXPECT_EQ(error_of({.packet = v4_packet(6, 32)}), VnetError::kBadHeaders);
  EXPECT_EQ(error_of({.type = 0, .start = 60000, .packet = tcp}), VnetError::kBadChecksum);
  EXPECT_EQ(error_of({.type = 0, .start = 0xffff, .offset = 0xffff, .packet = tcp}),
            VnetError::kBadChecksum);
  EXPECT_EQ(error_of({.type = 0, .start = 4, .offset = 6, .packet = tcp}), VnetError::kBadChecksum);
  auto long_header = tcp;
  long_header[0] = 0x44;  // 16 octets
  EXPECT_EQ(error_of({.packet = long_header}), VnetError::kBadHeaders);
  auto short_tcp = tcp;
  short_tcp[32] = 0x40;  // 16 octets
  EXPECT_EQ(error_of({.packet = short_tcp}), VnetError::kBadHeaders);
  auto no_ip = tcp;
  no_ip[0] = 0x25;
  EXPECT_EQ(error_of({.packet = no_ip}), VnetError::kBadHeaders);
}

TEST(VnetHeader, EveryTruncationIsRefusedOrSound) {
  for (const auto& packet : {v4_packet(6, 60), v6_packet(6, 60), v6_packet(0, 60)}) {
    const std::uint16_t start = packet[0] == 0x45 ? 20 : 40;
    const std::uint8_t type = packet[0] == 0x45 ? kTcpV4 : kTcpV6;
    const auto bytes = Frame{.type = type, .start = start, .packet = packet}.bytes();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A copy of its own size, so that a read behind its end is seen.
      std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
      const auto result = decode_vnet_header(cut);
      if (!result) continue;
      EXPECT_LT(result->gso.header_size, result->bytes.size());
    }
  }
}

TEST(VnetHeader, EncodeIsWhatDecodeReads) {
  for (const Frame& frame : {Frame{.packet = v4_packet(6, 3000)},
                             Frame{.type = kTcpV6, .start = 40, .packet = v6_packet(6, 3000)},
                             Frame{.type = kUdpL4, .offset = 6, .packet = v4_packet(17, 3000)},
                             Frame{.type = 0, .offset = 6, .packet = v4_packet(17, 30)}}) {
    auto bytes = frame.bytes();
    const auto first = decode_vnet_header(bytes);
    ASSERT_TRUE(first);
    const auto header = encode_vnet_header(first->gso, first->bytes);
    EXPECT_EQ(header[1], frame.type);
    std::copy(header.begin(), header.end(), bytes.begin());
    const auto second = decode_vnet_header(bytes);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->gso.kind, first->gso.kind);
    EXPECT_EQ(second->gso.segment_size, first->gso.kind == GsoKind::kNone ? 0 : 1000);
    EXPECT_EQ(second->gso.checksum_offset, first->gso.checksum_offset);
  }
}

TEST(VnetHeader, EncodeTellsOfCwr) {
  auto packet = v4_packet(6, 3000);
  auto bytes = Frame{.packet = packet}.bytes();
  const auto decoded = decode_vnet_header(bytes);
  ASSERT_TRUE(decoded);
  packet[20 + 13] = 0x80;
  EXPECT_EQ(encode_vnet_header(decoded->gso, packet)[1], kTcpV4 | kEcn);
}

}  // namespace
}  // namespace hawser
