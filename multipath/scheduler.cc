// SPDX-License-Identifier: Apache-2.0
#include "multipath/scheduler.h"

#include <algorithm>
#include <limits>

#include "multipath/aggregate.h"
#include "multipath/balance.h"
#include "multipath/duplicate.h"
#include "multipath/failover.h"
#include "multipath/lowest_latency.h"
#include "multipath/round_robin.h"

namespace hawser {
namespace {

// The largest super-packet goes in one piece.
constexpr std::uint64_t kUnconstrainedOctets = 65'536;
constexpr std::uint64_t kOffloadPackets = 8;
constexpr Duration kRetryMin = std::chrono::microseconds(50);
constexpr Duration kRetryMax = Milliseconds(10);

}  // namespace

std::unique_ptr<Scheduler> make_scheduler(TrafficPolicy policy, TrafficClass traffic_class,
                                          const ScheduleOptions& options) {
  switch (policy) {
    case TrafficPolicy::kDuplicate:
      return std::make_unique<Duplicate>(traffic_class, options);
    case TrafficPolicy::kLowestLatency:
      return std::make_unique<LowestLatency>(traffic_class);
    case TrafficPolicy::kAggregate:
      return std::make_unique<Aggregate>(traffic_class, options);
    case TrafficPolicy::kBalance:
      return std::make_unique<Balance>(traffic_class);
    case TrafficPolicy::kRoundRobin:
      return std::make_unique<RoundRobin>(traffic_class);
    case TrafficPolicy::kFailover:
      break;
  }
  return std::make_unique<Failover>(traffic_class);
}

TimePoint budget_time(const PathView& path, const Chunk& chunk) {
  const std::uint64_t needed = packet_octets(chunk);
  const std::uint64_t missing = needed - std::min(needed, path.budget_bytes);
  return chunk.now + std::clamp(sending_time(path, missing), kRetryMin, kRetryMax);
}

Duration sending_time(std::uint64_t rate_bps, std::uint64_t octets) {
  if (rate_bps == 0) return Duration(0);
  constexpr double kBitNanoseconds = 8e9;
  constexpr double kMost = 1e18;
  const double time = static_cast<double>(octets) * kBitNanoseconds / static_cast<double>(rate_bps);
  return Duration(static_cast<Duration::rep>(std::min(time, kMost)));
}

std::uint64_t chunk_limit(const PathView& path, const Chunk& chunk) {
  if (!waits_for_budget(chunk.traffic_class)) return chunk.octets;
  const std::uint64_t packet = packet_octets(chunk);
  std::uint64_t limit = kUnconstrainedOctets;
  if (path.rate_bps != 0) {
    const std::uint64_t millisecond = path.rate_bps / 8000;
    limit = std::clamp(kOffloadPackets * packet, millisecond, 2 * millisecond);
  }
  return std::max(packet, std::min(limit, path.budget_bytes));
}

PathChoice choice_of(std::span<const PathView> paths, std::uint8_t path, const Chunk& chunk) {
  if (!has_budget(paths[path], chunk)) return {.retry_at = budget_time(paths[path], chunk)};
  return {.path = path, .octets = chunk_limit(paths[path], chunk)};
}

int highest_priority(std::span<const PathView> paths, std::span<const std::uint8_t> order) {
  int highest = std::numeric_limits<int>::min();
  for (const std::uint8_t index : order) {
    highest = std::max(highest, paths[index].preference.priority);
  }
  return highest;
}

}  // namespace hawser
