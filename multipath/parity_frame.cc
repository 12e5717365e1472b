// SPDX-License-Identifier: Apache-2.0
#include "multipath/parity_frame.h"

#include <algorithm>

#include "multipath/shim.h"

namespace hawser {

std::optional<ParityFrame> ParityFrame::parse(ByteSpan frame) {
  const std::optional<ShimHeader> header = ShimHeader::parse(frame);
  if (!header || header->type != ShimType::kParity) return std::nullopt;
  ParityFrame parity{.traffic_class = header->traffic_class,
                     .bucket = header->bucket,
                     .first = header->sequence,
                     .packets = {}};
  ByteReader reader(frame.subspan(header->size()));
  if (!reader.read_u16(parity.covered) || !reader.read_u16(parity.length)) return std::nullopt;
  if ((parity.covered & 1) == 0 || reader.at_end()) return std::nullopt;
  const ByteSpan rest = frame.last(reader.remaining());
  parity.packets.assign(rest.begin(), rest.end());
  return parity;
}

std::vector<std::uint8_t> ParityFrame::serialize() const {
  const ShimHeader header{.type = ShimType::kParity,
                          .traffic_class = traffic_class,
                          .bucket = bucket,
                          .sequence = first};
  std::vector<std::uint8_t> frame(header.size() + kHeaderSize);
  header.serialize(frame.data());
  store_be16(&frame[header.size()], covered);
  store_be16(&frame[header.size() + 2], length);
  frame.insert(frame.end(), packets.begin(), packets.end());
  return frame;
}

void ParityFrame::combine(ByteSpan packet) {
  length = static_cast<std::uint16_t>(length ^ packet.size());
  if (packets.size() < packet.size()) packets.resize(packet.size());
  std::ranges::transform(packet, packets, packets.begin(),
                         [](std::uint8_t a, std::uint8_t b) -> std::uint8_t { return a ^ b; });
}

}  // namespace hawser
