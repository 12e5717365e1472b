// SPDX-License-Identifier: Apache-2.0
#include "multipath/order_bucket.h"

#include <algorithm>
#include <cassert>

namespace hawser {
namespace {

// More than a Nack asks for at once is not a loss but a path that went away.
constexpr std::uint64_t kAskedMax = 512;
// A wider gap is a sender that jumped.
constexpr std::uint64_t kBelievedMax = DuplicateFilter::kCapacityMax;
constexpr std::uint8_t kAskedTimes = 2;

std::uint32_t bit_of(PathId path) {
  return path.value() < kOrderedPathsMax ? std::uint32_t{1} << path.value() : 0;
}

}  // namespace

OrderBucket::OrderBucket(const Options& options, TimePoint now)
    : options_(options),
      filter_(options.first),
      highest_(options.first - 1),
      started_(now),
      last_arrival_(now) {}

void OrderBucket::note(const Arrival& arrival, TimePoint now) {
  go_on(arrival, now);
  if (arrival.number > highest_) {
    if (arrival.number > highest_ + 1) {
      gaps_.push_back({.first = highest_ + 1,
                       .end = arrival.number,
                       .since = now,
                       .imagined = options_.imagined || arrival.number - highest_ > kBelievedMax});
    }
    options_.imagined = false;
    highest_ = arrival.number;
  }
}

void OrderBucket::pass_gaps(const Arrival& arrival, const OrderRules& rules, TimePoint now) {
  if (!arrival.path) return;
  Trace& trace = trace_of(*arrival.path);
  // What a path missed before it was known here is nothing to go by.
  const std::uint64_t before = trace.missing.value_or(UINT64_MAX);
  trace.missing = arrival.path_missing;
  trace.last = now;
  if (arrival.number <= trace.highest) return;
  const std::uint64_t from = trace.highest;
  trace.highest = arrival.number;
  for (std::size_t i = gaps_.count_before(arrival.number); i-- > 0 && gaps_[i].first > from;) {
    Gap& gap = gaps_[i];
    gap.passed |= bit_of(*arrival.path);
    const Duration correction =
        bit_of(*arrival.path) != 0 ? rules.path_reorders[arrival.path->value()] : Duration(0);
    gap.passed_at = std::max(gap.passed_at, now + correction);
    if (!arrival.path_missing) {
      gap.maybe_lost = true;
    } else if (*arrival.path_missing > before) {
      gap.lost_on_way += *arrival.path_missing - before;
    }
  }
}

OrderBucket::Place OrderBucket::place_of(std::uint64_t number) const {
  if (number == highest_) return gaps_.empty() ? Place::kNext : Place::kBehindGap;
  const std::size_t place = gaps_.find(number);
  if (place == gaps_.size()) return Place::kGivenUp;
  return place == 0 && number == gaps_.front().first ? Place::kNext : Place::kBehindGap;
}

void OrderBucket::deliver_next(HeldPackets& pool, TimePoint now) {
  if (gaps_.empty()) return;
  if (gaps_.front().size() > 1) {
    ++gaps_.front().first;
    return;
  }
  const HeldPackets::Index run = gaps_.front().run_head;
  gaps_.erase(0);
  release_run(run, pool, now);
}

void OrderBucket::hold(std::uint64_t number, HeldPackets::Index index, HeldPackets& pool) {
  ++held_;
  fill(number, index, pool);
}

void OrderBucket::pass_over(std::uint64_t number, HeldPackets& pool, TimePoint now) {
  if (held_ == 0) {  // nothing waits for what is missing
    gaps_.clear();
    return;
  }
  switch (place_of(number)) {
    case Place::kNext:
      return deliver_next(pool, now);
    case Place::kBehindGap:
      return fill(number, HeldPackets::kNone, pool);
    case Place::kGivenUp:
      return;
  }
}

// Chains the frame where its number is; one that was passed over takes its number out of the gap
// and leaves no frame.
void OrderBucket::fill(std::uint64_t number, HeldPackets::Index index, HeldPackets& pool) {
  const auto append = [&pool](Gap& gap, HeldPackets::Index head, HeldPackets::Index tail) {
    if (head == HeldPackets::kNone) return;
    if (gap.run_head == HeldPackets::kNone) {
      gap.run_head = head;
    } else {
      pool.chain(gap.run_tail, head);
    }
    gap.run_tail = tail;
  };
  if (number == highest_) return append(gaps_.back(), index, index);
  const std::size_t place = gaps_.find(number);
  assert(place != gaps_.size());
  Gap& gap = gaps_[place];
  if (number == gap.first) {
    assert(place != 0);
    append(gaps_[place - 1], index, index);
    if (++gap.first < gap.end) return;
    append(gaps_[place - 1], gap.run_head, gap.run_tail);
    gaps_.erase(place);
    return;
  }
  Gap behind = gap;
  behind.first = number + 1;
  gap.end = number;
  gap.run_head = gap.run_tail = index;
  if (behind.first == behind.end) {
    append(gap, behind.run_head, behind.run_tail);
  } else {
    gaps_.insert(place + 1, behind);
  }
}

void OrderBucket::release_run(HeldPackets::Index head, HeldPackets& pool, TimePoint now) {
  while (head != HeldPackets::kNone) {
    head = pool.release(head, now);
    --held_;
  }
}

bool OrderBucket::all_passed(const Gap& gap, const OrderRules& rules, TimePoint now) const {
  // At its beginning a bucket does not know its paths yet: it might be on any.
  if (!rules.one_path && gap.since - started_ < rules.bound) return false;
  for (const Trace& trace : traces_) {
    if (now - trace.last > kOrderedPathRecent) continue;
    if ((bit_of(trace.path) & gap.passed) == 0) return false;
  }
  return true;
}

bool OrderBucket::is_lost(const Gap& gap, const OrderRules& rules, TimePoint now) const {
  const bool may_be_lost = rules.one_path || gap.maybe_lost || gap.lost_on_way >= gap.size();
  return may_be_lost && all_passed(gap, rules, now);
}

std::optional<TimePoint> OrderBucket::due(const OrderRules& rules, TimePoint now) const {
  if (held_ == 0) return std::nullopt;
  const Gap& gap = gaps_.front();
  const TimePoint latest = gap.since + rules.bound;
  const bool may_be_recovered = rules.recovery && class_ == TrafficClass::kBulk && !gap.imagined;
  if (may_be_recovered || !is_lost(gap, rules, now)) return latest;
  return std::min(latest, gap.passed_at);
}

OrderBucket::GivenUp OrderBucket::give_up_first(HeldPackets& pool, TimePoint now) {
  const Gap gap = gaps_.front();
  gaps_.erase(0);
  release_run(gap.run_head, pool, now);
  return {.frames = gap.imagined ? 0 : gap.size(), .since = gap.since};
}

std::optional<TimePoint> OrderBucket::collect_missing(Ask& ask, const OrderRules& rules,
                                                      TimePoint now) {
  std::optional<TimePoint> again;
  if (class_ != TrafficClass::kBulk) return again;
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    Gap& gap = gaps_[i];
    if (gap.imagined || gap.asked == kAskedTimes) continue;
    // As many packets as the gap has numbers were lost around it: no need to wait for other paths.
    const bool shown = gap.lost_on_way >= gap.size() || is_lost(gap, rules, now);
    // The last one before its path was left is not followed by any that would show it.
    const TimePoint first = shown ? gap.passed_at : gap.since + rules.usual;
    TimePoint when = gap.asked == 0 ? first : gap.asked_at + ask.retry_after;
    const auto count = static_cast<std::uint16_t>(std::min(gap.size(), kAskedMax));
    if (when <= now) {
      if (ask.ranges.size() >= ask.ranges_max || ask.frames_left < count) return now;
      ask.frames_left -= count;
      ask.ranges.push_back(
          {.bucket = options_.id, .first = static_cast<std::uint32_t>(gap.first), .count = count});
      gap.asked_at = now;
      if (++gap.asked == kAskedTimes) continue;
      when = now + ask.retry_after;
    }
    again = std::min(again.value_or(when), when);
  }
  return again;
}

void OrderBucket::forget_path(PathId path) {
  std::erase_if(traces_, [path](const Trace& trace) { return trace.path == path; });
}

OrderBucket::Trace& OrderBucket::find_trace(PathId path) {
  for (last_trace_ = 0; last_trace_ < traces_.size(); ++last_trace_) {
    if (traces_[last_trace_].path == path) return traces_[last_trace_];
  }
  if (traces_.size() < kOrderedPathsMax) return traces_.emplace_back(Trace{.path = path});
  const auto oldest =
      std::min_element(traces_.begin(), traces_.end(),
                       [](const Trace& a, const Trace& b) { return a.last < b.last; });
  last_trace_ = static_cast<std::size_t>(oldest - traces_.begin());
  *oldest = Trace{.path = path};
  return *oldest;
}

}  // namespace hawser
