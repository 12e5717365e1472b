// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_report.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr int kHeldShift = 14;
constexpr int kJitterShift = 16;
constexpr std::uint16_t kNone = 0xffff;
constexpr std::int64_t kMost = 0xfffe;

std::uint16_t to_units(Duration duration, int shift) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = std::clamp<std::int64_t>(duration.count(), 0, 10 * kSecond);
  const std::int64_t units = ((count << shift) + kSecond / 2) / kSecond;
  return static_cast<std::uint16_t>(std::min(units, kMost));
}

Duration from_units(std::uint16_t read, int shift) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t units = std::min<std::int64_t>(read, kMost);
  return Duration(((units * kSecond) + (std::int64_t{1} << (shift - 1))) >> shift);
}

}  // namespace

std::optional<PathReport> PathReport::parse(ByteSpan frame) {
  const std::optional<ShimHeader> shim = ShimHeader::parse(frame);
  if (!shim || shim->type != ShimType::kReport) return std::nullopt;
  ByteReader reader(frame.subspan(shim->size()));
  PathReport report;
  Timing timing;
  std::uint16_t path = 0;
  std::uint32_t spi = 0;
  std::uint16_t held = 0;
  std::uint16_t jitter = 0;
  std::uint16_t delay_mean = 0;
  if (!reader.read_u16(path) || !reader.read_u16(report.loss_runs) || !reader.read_u32(spi) ||
      !reader.read_u32(report.highest) || !reader.read_u32(report.packets) ||
      !reader.read_u32(report.octets) || !reader.read_u32(report.lost) ||
      !reader.read_u32(report.congested) || !reader.read_u32(report.newest_arrival) ||
      !reader.read_u32(timing.echo) || !reader.read_u16(held) || !reader.read_u16(jitter) ||
      !reader.read_u32(timing.delay) || !reader.read_u16(delay_mean) ||
      !reader.read_u16(report.reorder_extent) || !reader.at_end()) {
    return std::nullopt;
  }
  report.number = shim->sequence;
  report.is_down = shim->last;
  report.path = PathId(path);
  report.spi = Spi(spi);
  report.jitter = from_units(jitter, kJitterShift);
  if (held != kNone) {
    timing.held = from_units(held, kHeldShift);
    timing.delay_mean = from_units(delay_mean, kHeldShift);
    report.timing = timing;
  }
  return report;
}

void PathReport::serialize(std::uint8_t* out) const {
  const ShimHeader shim{.type = ShimType::kReport,
                        .traffic_class = TrafficClass::kRealTime,
                        .last = is_down,
                        .sequence = number};
  shim.serialize(out);
  const Timing none;
  const Timing& times = timing ? *timing : none;
  ByteWriter writer(MutableByteSpan(out, kPathReportSize).subspan(kShimSize));
  writer.write_u16(static_cast<std::uint16_t>(path.value()));
  writer.write_u16(loss_runs);
  writer.write_u32(spi.value());
  writer.write_u32(highest);
  writer.write_u32(packets);
  writer.write_u32(octets);
  writer.write_u32(lost);
  writer.write_u32(congested);
  writer.write_u32(newest_arrival);
  writer.write_u32(times.echo);
  writer.write_u16(timing ? to_units(times.held, kHeldShift) : kNone);
  writer.write_u16(to_units(jitter, kJitterShift));
  writer.write_u32(times.delay);
  writer.write_u16(timing ? to_units(times.delay_mean, kHeldShift) : kNone);
  writer.write_u16(reorder_extent);
}

}  // namespace hawser
