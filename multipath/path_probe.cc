// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_probe.h"

#include <algorithm>
#include <cassert>

namespace hawser {
namespace {

constexpr std::uint8_t kAnswerAsLong = 0x01;
constexpr std::uint16_t kSilenceUnknown = 0xffff;
constexpr std::size_t kHeaderSize = kShimSize + kShimStampSize;

std::optional<ShimHeader> parse_header(ByteSpan frame, ShimType type, std::size_t min_size) {
  const auto header = ShimHeader::parse(frame);
  if (!header || header->type != type || !header->stamp || frame.size() < min_size) {
    return std::nullopt;
  }
  return header;
}

void write_header(ShimType type, std::uint32_t number, ShimStamp stamp, std::uint8_t* out) {
  const ShimHeader header{
      .type = type, .traffic_class = TrafficClass::kRealTime, .sequence = number, .stamp = stamp};
  header.serialize(out);
}

std::uint16_t silence_field(const std::optional<Milliseconds>& silence) {
  if (!silence || silence->count() >= kSilenceUnknown) return kSilenceUnknown;
  return static_cast<std::uint16_t>(std::max<Milliseconds::rep>(silence->count(), 0));
}

}  // namespace

std::optional<PathProbe> PathProbe::parse(ByteSpan frame) {
  const auto header = parse_header(frame, ShimType::kProbe, kMinSize);
  if (!header) return std::nullopt;
  const std::uint8_t* body = frame.data() + kHeaderSize;
  PathProbe probe{.number = header->sequence,
                  .stamp = *header->stamp,
                  .answer_as_long = (body[0] & kAnswerAsLong) != 0,
                  .silence = std::nullopt,
                  .size = frame.size()};
  const std::uint16_t silence = load_be16(body + 2);
  if (silence != kSilenceUnknown) probe.silence = Milliseconds(silence);
  return probe;
}

void PathProbe::serialize(std::uint8_t* out) const {
  assert(size >= kMinSize);
  write_header(ShimType::kProbe, number, stamp, out);
  std::uint8_t* body = out + kHeaderSize;
  body[0] = answer_as_long ? kAnswerAsLong : 0;
  body[1] = 0;
  store_be16(body + 2, silence_field(silence));
  std::fill_n(out + kMinSize, size - kMinSize, std::uint8_t{0});
}

std::optional<PathProbeAnswer> PathProbeAnswer::parse(ByteSpan frame) {
  const auto header = parse_header(frame, ShimType::kProbeAnswer, kMinSize);
  if (!header) return std::nullopt;
  return PathProbeAnswer{.number = header->sequence,
                         .stamp = *header->stamp,
                         .echo = load_be32(frame.data() + kHeaderSize),
                         .held = load_be32(frame.data() + kHeaderSize + 4),
                         .size = frame.size()};
}

void PathProbeAnswer::serialize(std::uint8_t* out) const {
  assert(size >= kMinSize);
  write_header(ShimType::kProbeAnswer, number, stamp, out);
  store_be32(out + kHeaderSize, echo);
  store_be32(out + kHeaderSize + 4, held);
  std::fill_n(out + kMinSize, size - kMinSize, std::uint8_t{0});
}

}  // namespace hawser
