// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/time.h"
#include "multipath/path_ranking.h"
#include "multipath/path_view.h"
#include "multipath/traffic_class.h"
#include "multipath/traffic_policy.h"

namespace hawser {

// Packets of one flow that wait for a path.
struct Chunk {
  TrafficClass traffic_class = TrafficClass::kBulk;
  std::uint32_t flow = 0;  // hash
  std::uint32_t octets = 0;
  std::uint32_t packets = 1;
  bool is_beginning = false;  // of the flow: a loss costs it the most
  bool is_precious = false;   // a copy should go where it is not lost with it
  TimePoint now;
  std::uint64_t backlog = 0;  // octets of the class that wait, with those of the chunk; 0: unknown
};

// Where a chunk goes: an index into the views that were given.
struct PathChoice {
  std::uint8_t path = kNoPathIndex;    // kNoPathIndex: nowhere now
  std::uint8_t second = kNoPathIndex;  // a copy goes there too
  // So many octets may go there before the scheduler is asked again: at least one packet. What of
  // the chunk is more waits for the next choice.
  std::uint64_t octets = 0;
  // Of a path without budget: when to ask again. Unset, and no path: none is usable.
  std::optional<TimePoint> retry_at;
};

struct ScheduleOptions {
  bool duplicate_on_metered = false;
  double duplicate_share = 0.1;  // of the second path's rate
  Milliseconds spread_max{200};  // aggregate leaves out paths that are slower by more
};

// Why a path has no part in a policy that takes several.
enum class LeftOut : std::uint8_t {
  kNo,
  kDelay,  // it is too slow for the receiver to even out
  kLoss,   // it loses much more than another one
  kThin,   // it is slower and would add little: for what waits longest, if at all
};

// Decides for each chunk of a class where it goes. One object per worker and class, with a policy
// each in a file of its own. choose() runs on the packet path: it does not allocate.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Before the first choice, and after each update of the ranking; the views are the same.
  virtual void prepare(std::span<const PathView> paths, const PathRanking& ranking,
                       TimePoint now) = 0;
  // The views are those of the last prepare(); state, estimate and preference are as they were
  // then, budget and rate are fresh.
  virtual PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) = 0;
  // Of a path of the ranking's order.
  virtual LeftOut left_out(std::uint8_t /*path*/) const { return LeftOut::kNo; }
  // Packets may have to wait for so long before one more path is of use to them.
  virtual Duration useful_wait() const { return Duration(0); }
};

std::unique_ptr<Scheduler> make_scheduler(TrafficPolicy policy, TrafficClass traffic_class,
                                          const ScheduleOptions& options);

// What the policies share.

// A path that loses so much more than another one (a share) takes nothing from it.
inline constexpr double kExtraLossMax = 0.15;

// A mean packet of the chunk.
inline std::uint64_t packet_octets(const Chunk& chunk) {
  return std::max(1u, chunk.octets / std::max(1u, chunk.packets));
}
// Real-time and interactive packets never wait: they are few, and late is worse than a queue.
inline bool waits_for_budget(TrafficClass traffic_class) {
  return traffic_class == TrafficClass::kBulk;
}
inline bool has_budget(const PathView& path, const Chunk& chunk) {
  return !waits_for_budget(chunk.traffic_class) || path.budget_bytes >= packet_octets(chunk);
}
// When the path has budget for a packet again.
TimePoint budget_time(const PathView& path, const Chunk& chunk);
// How long so many octets take at a rate; 0: unconstrained, no time.
Duration sending_time(std::uint64_t rate_bps, std::uint64_t octets);
inline Duration sending_time(const PathView& path, std::uint64_t octets) {
  return sending_time(path.rate_bps, octets);
}
// So much of the chunk's flow may go there at once: at most 2 ms of the path's rate and at most its
// budget, but at least a packet; eight packets, for segmentation offload, where the rate allows.
std::uint64_t chunk_limit(const PathView& path, const Chunk& chunk);
// `path` for as much as it takes; or, if it has no budget, nowhere until it has.
PathChoice choice_of(std::span<const PathView> paths, std::uint8_t path, const Chunk& chunk);
// Of the paths of a ranking's order.
int highest_priority(std::span<const PathView> paths, std::span<const std::uint8_t> order);

}  // namespace hawser
