// SPDX-License-Identifier: Apache-2.0
#include "multipath/shim.h"

namespace hawser {
namespace {

constexpr std::uint8_t kFirst = 0x80;
constexpr std::uint8_t kLast = 0x40;
constexpr std::uint8_t kDuplicate = 0x20;
constexpr std::uint8_t kCongested = 0x10;
constexpr std::uint8_t kRecovered = 0x04;
constexpr std::uint8_t kCovered = 0x02;
constexpr int kStampShift = 14;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

ShimStamp to_stamp(TimePoint time) {
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t seconds = count / kNanosecondsPerSecond;
  const std::int64_t rest = count % kNanosecondsPerSecond;
  return static_cast<ShimStamp>((seconds << kStampShift) +
                                (rest << kStampShift) / kNanosecondsPerSecond);
}

Duration stamp_difference(ShimStamp late, ShimStamp early) {
  const auto units = static_cast<std::int32_t>(late - early);
  return Duration(static_cast<std::int64_t>(units) * kNanosecondsPerSecond / (1 << kStampShift));
}

std::optional<ShimHeader> ShimHeader::parse(ByteSpan frame) {
  if (frame.size() < kShimSize) return std::nullopt;
  const std::uint8_t type = frame[0] >> 4;
  const std::uint8_t traffic_class = frame[0] & 0xf;
  if (type < static_cast<std::uint8_t>(ShimType::kData) ||
      type > static_cast<std::uint8_t>(ShimType::kParity) || traffic_class >= kTrafficClasses) {
    return std::nullopt;
  }
  const std::uint8_t flags = frame[1];
  ShimHeader header{.type = static_cast<ShimType>(type),
                    .traffic_class = static_cast<TrafficClass>(traffic_class),
                    .first = (flags & kFirst) != 0,
                    .last = (flags & kLast) != 0,
                    .duplicate = (flags & kDuplicate) != 0,
                    .congested = (flags & kCongested) != 0,
                    .recovered = (flags & kRecovered) != 0,
                    .covered = (flags & kCovered) != 0,
                    .bucket = load_be16(frame.data() + 2),
                    .sequence = load_be32(frame.data() + 4),
                    .stamp = std::nullopt};
  if ((flags & kStampedFlag) != 0) {
    if (frame.size() < kShimSize + kShimStampSize) return std::nullopt;
    header.stamp = load_be32(frame.data() + kShimSize);
  }
  return header;
}

void ShimHeader::serialize(std::uint8_t* out) const {
  out[0] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 |
                                     static_cast<unsigned>(traffic_class));
  out[1] = static_cast<std::uint8_t>((first ? kFirst : 0) | (last ? kLast : 0) |
                                     (duplicate ? kDuplicate : 0) | (congested ? kCongested : 0) |
                                     (stamp ? kStampedFlag : 0) | (recovered ? kRecovered : 0) |
                                     (covered ? kCovered : 0));
  store_be16(out + 2, bucket);
  store_be32(out + 4, sequence);
  if (stamp) store_be32(out + kShimSize, *stamp);
}

}  // namespace hawser
