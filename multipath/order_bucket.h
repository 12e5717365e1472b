// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "multipath/duplicate_filter.h"
#include "multipath/gap_list.h"
#include "multipath/nack.h"
#include "multipath/path_id.h"
#include "multipath/traffic_class.h"

namespace hawser {

inline constexpr std::uint32_t kOrderedPathsMax = 32;
// A path that carried nothing for so long is not waited for.
inline constexpr Duration kOrderedPathRecent = Seconds(1);

// What a bucket must know of the rest of the world to decide about its gaps.
struct OrderRules {
  Duration bound{0};
  bool recovery = false;
  bool one_path = false;  // no other brings what it has passed
  Duration usual{0};      // no path is later than that: what is has been lost
  std::array<Duration, kOrderedPathsMax> path_reorders{};
};

// The order of one bucket of the Resequencer: what came, what is missing, and who brought what.
// Frames that wait lie in the owner's HeldPackets. Numbers are unwrapped.
//
// Invariants: each number up to highest() was delivered, waits, was given up, or is in a gap; a
// frame waits only behind a gap.
class OrderBucket {
 public:
  enum class Place : std::uint8_t { kNext, kBehindGap, kGivenUp };
  struct Options {
    std::uint16_t id = 0;
    std::uint64_t first = 1;  // the first number to come
    bool imagined = false;    // `first` is a guess
  };
  OrderBucket(const Options& options, TimePoint now);

  DuplicateFilter& filter() { return filter_; }
  std::uint16_t id() const { return options_.id; }
  std::uint64_t highest() const { return highest_; }
  // The lowest number that was neither delivered nor given up.
  std::uint64_t next() const { return gaps_.empty() ? highest_ + 1 : gaps_.front().first; }
  std::size_t held() const { return held_; }
  TimePoint last_arrival() const { return last_arrival_; }
  const GapList& gaps() const { return gaps_; }

  struct Arrival {
    std::uint64_t number = 0;
    TrafficClass traffic_class{};
    std::optional<PathId> path;  // unset: a recovered frame, which tells nothing of a path's order
    std::optional<std::uint64_t> path_missing;
  };
  // The usual frame, in one go: the next one, and no gap before it. False if it is another, and
  // nothing has happened.
  bool take_next(const Arrival& arrival, TimePoint now);
  // Of every other frame, copies too, before place_of().
  void note(const Arrival& arrival, TimePoint now);
  // Of every frame, when its number is no longer in a gap: its path has passed those before it.
  void pass_gaps(const Arrival& arrival, const OrderRules& rules, TimePoint now);
  // Of a fresh frame that was noted.
  Place place_of(std::uint64_t number) const;
  // The next frame is delivered by the caller; what waited for it is released.
  void deliver_next(HeldPackets& pool, TimePoint now);
  void hold(std::uint64_t number, HeldPackets::Index index, HeldPackets& pool);
  // A frame that was delivered at once although it is not the next one.
  void pass_over(std::uint64_t number, HeldPackets& pool, TimePoint now);

  // When the first gap should be given up; unset if nothing waits.
  std::optional<TimePoint> due(const OrderRules& rules, TimePoint now) const;
  struct GivenUp {
    std::uint64_t frames = 0;
    TimePoint since;
  };
  // What waits behind the first gap is released.
  GivenUp give_up_first(HeldPackets& pool, TimePoint now);
  void forget_path(PathId path);

  struct Ask {
    std::vector<MissingRange>& ranges;  // appended to
    std::size_t ranges_max = 0;
    std::size_t frames_left = 0;
    Duration retry_after;
  };
  // Asks for what is suspected lost. Returns when to look again even if nothing arrives.
  std::optional<TimePoint> collect_missing(Ask& ask, const OrderRules& rules, TimePoint now);

  static constexpr std::size_t kNowhere = SIZE_MAX;
  std::size_t waiting_place = kNowhere;  // in the owner's list

 private:
  struct Trace {  // of a path in this bucket
    PathId path;
    std::uint64_t highest = 0;
    std::optional<std::uint64_t> missing;
    TimePoint last;
  };

  void go_on(const Arrival& arrival, TimePoint now) {
    if (now - last_arrival_ > kOrderedPathRecent) started_ = now;
    last_arrival_ = now;
    class_ = arrival.traffic_class;
  }
  Trace& trace_of(PathId path) {
    if (last_trace_ < traces_.size() && traces_[last_trace_].path == path) {
      return traces_[last_trace_];
    }
    return find_trace(path);
  }
  Trace& find_trace(PathId path);
  bool all_passed(const Gap& gap, const OrderRules& rules, TimePoint now) const;
  bool is_lost(const Gap& gap, const OrderRules& rules, TimePoint now) const;
  void fill(std::uint64_t number, HeldPackets::Index index, HeldPackets& pool);
  void release_run(HeldPackets::Index head, HeldPackets& pool, TimePoint now);

  Options options_;
  DuplicateFilter filter_;
  std::uint64_t highest_;
  GapList gaps_;
  std::size_t held_ = 0;
  std::vector<Trace> traces_;
  std::size_t last_trace_ = 0;
  TimePoint started_;  // or went on after a rest
  TimePoint last_arrival_;
  TrafficClass class_{};
};

inline bool OrderBucket::take_next(const Arrival& arrival, TimePoint now) {
  if (arrival.number != highest_ + 1 || !gaps_.empty()) return false;
  if (filter_.handle(arrival.number, now) != DuplicateFilter::Verdict::kFresh) return false;
  go_on(arrival, now);
  highest_ = arrival.number;
  options_.imagined = false;
  if (!arrival.path) return true;
  Trace& trace = trace_of(*arrival.path);
  trace.highest = arrival.number;
  trace.missing = arrival.path_missing;
  trace.last = now;
  return true;
}

}  // namespace hawser
