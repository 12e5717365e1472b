// SPDX-License-Identifier: Apache-2.0
#include "multipath/nack.h"

#include <cassert>

#include "multipath/shim.h"

namespace hawser {

std::optional<Nack> Nack::parse(ByteSpan frame) {
  const std::optional<ShimHeader> header = ShimHeader::parse(frame);
  if (!header || header->type != ShimType::kNack || header->bucket != 0) return std::nullopt;
  ByteReader reader(frame.subspan(header->size()));
  const std::size_t count = header->sequence;
  if (count == 0 || count > kRangesMax || reader.remaining() != count * kRangeSize) {
    return std::nullopt;
  }
  Nack nack{.ranges = {}, .is_copy = header->duplicate};
  std::size_t frames = 0;
  while (!reader.at_end()) {
    MissingRange range;
    if (!reader.read_u16(range.bucket) || !reader.read_u16(range.count) ||
        !reader.read_u32(range.first) || range.count == 0) {
      return std::nullopt;
    }
    frames += range.count;
    nack.ranges.push_back(range);
  }
  if (frames > kFramesMax) return std::nullopt;
  return nack;
}

std::vector<std::uint8_t> Nack::serialize() const {
  assert(!ranges.empty() && ranges.size() <= kRangesMax);
  const ShimHeader header{.type = ShimType::kNack,
                          .traffic_class = TrafficClass::kInteractive,
                          .duplicate = is_copy,
                          .sequence = static_cast<std::uint32_t>(ranges.size())};
  std::vector<std::uint8_t> frame(header.size() + ranges.size() * kRangeSize);
  header.serialize(frame.data());
  ByteWriter writer(MutableByteSpan(frame).subspan(header.size()));
  for (const MissingRange& range : ranges) {
    writer.write_u16(range.bucket);
    writer.write_u16(range.count);
    writer.write_u32(range.first);
  }
  assert(writer.ok());
  return frame;
}

}  // namespace hawser
