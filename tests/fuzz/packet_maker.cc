// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/packet_maker.h"

#include "tunnel/inet_checksum.h"
#include "tunnel/inner_segmenter.h"

namespace hawser::fuzz {
namespace {

constexpr std::size_t kMaxPayload = 48;

struct Shape {
  bool v6 = false;
  bool udp = false;
  bool options = false;  // TCP with a timestamp option
  bool bad_checksum = false;
  std::uint8_t flow = 0;
  std::uint8_t tos = 0;
  std::uint8_t flags = 0;
  std::uint32_t sequence = 0;
  std::vector<std::uint8_t> payload;

  std::size_t l4_header() const { return udp ? 8 : options ? 32 : 20; }
};

void write_ip(ByteWriter& out, const Shape& shape, std::size_t l4_size) {
  const std::uint8_t protocol = shape.udp ? kProtocolUdp : kProtocolTcp;
  if (shape.v6) {
    out.write_u32(0x60000000u | std::uint32_t{shape.tos} << 20);
    out.write_u16(static_cast<std::uint16_t>(l4_size));
    out.write_u8(protocol);
    out.write_u8(64);
    for (const std::uint8_t last : {std::uint8_t{1}, shape.flow}) {
      out.write_u64(0x20010db800000000u);
      out.write_u64(last);
    }
    return;
  }
  out.write_u8(0x45);
  out.write_u8(shape.tos);
  out.write_u16(static_cast<std::uint16_t>(20 + l4_size));
  out.write_u16(static_cast<std::uint16_t>(shape.sequence));
  out.write_u16(0x4000);
  out.write_u8(64);
  out.write_u8(protocol);
  out.write_u16(0);
  out.write_u32(0x0a080001);
  out.write_u32(0x0a080100u | shape.flow);
}

void write_l4(ByteWriter& out, const Shape& shape) {
  out.write_u16(5000);
  out.write_u16(static_cast<std::uint16_t>(6000 + shape.flow));
  if (shape.udp) {
    out.write_u16(static_cast<std::uint16_t>(8 + shape.payload.size()));
    out.write_u16(0);
  } else {
    out.write_u32(shape.sequence);
    out.write_u32(77);
    out.write_u8(shape.options ? 0x80 : 0x50);
    out.write_u8(shape.flags);
    out.write_u16(1024);
    out.write_u32(0);
    if (shape.options) {
      out.write_u32(0x0101080a);
      out.write_u64(0x0000000100000002);
    }
  }
  out.write_bytes(shape.payload);
}

void fill_checksums(MutableByteSpan packet, const Shape& shape) {
  const std::size_t ip = shape.v6 ? 40 : 20;
  if (!shape.v6) {
    store_be16(&packet[10], finish_checksum(add_to_sum(0, packet.first(20))));
  }
  const ByteSpan l4 = packet.subspan(ip);
  const ByteSpan addresses = shape.v6 ? packet.subspan(8, 32) : packet.subspan(12, 8);
  const auto pseudo = pseudo_header_sum(addresses, shape.udp ? kProtocolUdp : kProtocolTcp,
                                        static_cast<std::uint32_t>(l4.size()));
  std::uint16_t sum = finish_checksum(add_to_sum(pseudo, l4));
  if (shape.udp && sum == 0) sum = 0xffff;
  if (shape.bad_checksum) sum ^= 0x0101;
  store_be16(&packet[ip + (shape.udp ? 6 : 16)], sum);
}

}  // namespace

std::vector<std::uint8_t> make_packet(FuzzInput& input) {
  const std::uint8_t kind = input.u8();
  const std::uint8_t count = input.u8();
  if (kind >= 0xf0) return input.bytes(count);
  Shape shape;
  shape.v6 = (kind & 1) != 0;
  shape.udp = (kind & 2) != 0;
  shape.options = (kind & 4) != 0;
  shape.bad_checksum = (kind & 0x70) == 0x70;
  shape.flow = static_cast<std::uint8_t>((kind >> 3) & 1);
  const std::uint8_t marks = input.u8();
  shape.tos = marks >= 0xf8 ? marks & 7 : 0;
  shape.flags = static_cast<std::uint8_t>(0x10 | ((marks & 0x80) != 0 ? marks & 0x3f : marks & 8));
  // Mostly a run of equal segments.
  const std::uint8_t position = input.u8();
  shape.payload.assign(std::min<std::size_t>(count, kMaxPayload), position);
  shape.sequence = static_cast<std::uint32_t>(position * shape.payload.size());
  const std::size_t l4 = shape.l4_header() + shape.payload.size();
  std::vector<std::uint8_t> packet((shape.v6 ? 40 : 20) + l4);
  ByteWriter out(packet);
  write_ip(out, shape, l4);
  write_l4(out, shape);
  require(out.ok() && out.size() == packet.size());
  fill_checksums(packet, shape);
  return packet;
}

std::size_t payload_size(ByteSpan packet, const IpHeader& header) {
  const std::size_t l4 = header.total_size - header.header_size;
  if (header.is_fragment) return header.total_size;
  if (header.protocol == kProtocolUdp && l4 >= 8) return l4 - 8;
  if (header.protocol != kProtocolTcp || l4 < 20) return header.total_size;
  const std::size_t size = (packet[header.header_size + 12u] >> 4) * std::size_t{4};
  return size >= 20 && size <= l4 ? l4 - size : header.total_size;
}

std::size_t payload_of_write(const InnerBatch& batch) {
  std::vector<std::uint8_t> whole;
  for (const ByteSpan part : batch.parts) whole.insert(whole.end(), part.begin(), part.end());
  const auto header = IpHeader::parse(whole);
  require(header && header->total_size == whole.size());
  if (batch.gso.kind == GsoKind::kNone) return payload_size(whole, *header);
  const auto segmenter = InnerSegmenter::make({whole, batch.gso}, *header);
  require(segmenter && segmenter->count() > 1);
  std::size_t payload = 0;
  for (std::size_t i = 0; i < segmenter->count(); ++i) {
    std::vector<std::uint8_t> segment(segmenter->size_of(i));
    segmenter->write(i, segment.data());
    const auto one = IpHeader::parse(segment);
    require(one && one->total_size == segment.size());
    payload += payload_size(segment, *one);
  }
  return payload;
}

}  // namespace hawser::fuzz
