// SPDX-License-Identifier: Apache-2.0
#include "multipath/resequencer.h"

#include <algorithm>

namespace hawser {
namespace {

// Unwrapped numbers begin here, so that those before the first one are numbers, too.
constexpr std::uint64_t kNumbersStart = std::uint64_t{1} << 32;
// A bucket whose first frame has a sequence below this began at 0; what came of it earlier is on
// its way or lost.
constexpr std::uint32_t kBeginningMax = 4096;
// Of a bucket that is met in the middle so many frames before the first may come behind it.
constexpr std::uint64_t kOvertakenMax = 1024;
// A jump beyond this is a sender that began anew.
constexpr std::uint64_t kJumpMax = std::uint64_t{1} << 30;
constexpr Duration kSweepInterval = Seconds(1);
constexpr std::size_t kSweepMax = 1024;
constexpr std::size_t kEvictionSample = 16;

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

OrderBucket::Options unknown_beginning(std::uint16_t id, std::uint32_t sequence) {
  return {.id = id, .first = kNumbersStart + sequence - kOvertakenMax, .imagined = true};
}

// Where a bucket goes on that has no memory: `next` is the number that it stopped before, if any.
OrderBucket::Options beginning(const ShimHeader& header, std::uint64_t next) {
  if (next == 0 && header.sequence < kBeginningMax) {
    return {.id = header.bucket, .first = kNumbersStart};
  }
  if (next != 0 && distance(unwrap_sequence(header.sequence, next), next) <= kJumpMax) {
    return {.id = header.bucket, .first = next};
  }
  return unknown_beginning(header.bucket, header.sequence);
}

OrderBucket::Arrival to_arrival(const OrderBucket& bucket, const ShimHeader& header,
                                const DataArrival& arrival) {
  return {.number = unwrap_sequence(header.sequence, bucket.highest()),
          .traffic_class = header.traffic_class,
          .path = header.recovered ? std::nullopt : std::optional(arrival.path),
          .path_missing = arrival.path_missing};
}

}  // namespace

void Resequencer::set_bound(Duration bound) {
  rules_.bound = std::clamp(bound, kBoundMin, kBoundMax);
  decide_anew();
}

void Resequencer::set_path_reorders(PathId path, Duration extent) {
  if (path.value() < kPathsMax) rules_.path_reorders[path.value()] = extent;
}

void Resequencer::forget_path(PathId path) {
  for (OrderBucket* bucket : live_) bucket->forget_path(path);
  decide_anew();
}

void Resequencer::set_one_path(bool is_one) {
  if (is_one == rules_.one_path) return;
  rules_.one_path = is_one;
  decide_anew();
}

void Resequencer::set_recovery(bool on) {
  if (on == rules_.recovery) return;
  rules_.recovery = on;
  decide_anew();
}

// The next handle_timeout(), which is due at once, looks at all that wait.
void Resequencer::decide_anew() {
  if (!waiting_.empty()) next_due_ = TimePoint::min();
}

void Resequencer::reset(TimePoint now) {
  for (OrderBucket* bucket : live_) give_up_all(*bucket, now);
  live_.clear();
  waiting_.clear();
  for (auto& page : pages_) page.reset();
  next_due_.reset();
  next_sweep_.reset();
}

bool Resequencer::take_next(const ShimHeader& header, const DataArrival& arrival, TimePoint now) {
  OrderBucket* bucket = find(header.bucket);
  if (bucket == nullptr || pool_.has_released()) return false;
  if (!bucket->take_next(to_arrival(*bucket, header, arrival), now)) return false;
  ++counters_.in_order;
  return true;
}

OrderVerdict Resequencer::handle(const ShimHeader& header, const DataArrival& arrival,
                                 TimePoint now) {
  if (take_next(header, arrival, now)) return OrderVerdict::kDeliver;
  OrderBucket& bucket = bucket_of(header, now);
  const std::uint64_t far = unwrap_sequence(header.sequence, bucket.highest());
  if (distance(far, bucket.highest()) > kJumpMax) restart(bucket, header.sequence, now);
  const OrderBucket::Arrival noted = to_arrival(bucket, header, arrival);
  const std::uint64_t number = noted.number;
  const DuplicateFilter::Verdict seen = bucket.filter().handle(number, now);
  if (seen == DuplicateFilter::Verdict::kFresh && number < bucket.highest()) {
    ++counters_.overtaken;
    counters_.extent = std::max(counters_.extent, bucket.highest() - number);
  }
  bucket.note(noted, now);
  OrderVerdict verdict = OrderVerdict::kDuplicate;
  if (seen == DuplicateFilter::Verdict::kFresh) {
    verdict = place(bucket, number, header, arrival, now);
  } else {
    ++(seen == DuplicateFilter::Verdict::kDuplicate ? counters_.duplicates : counters_.too_old);
  }
  bucket.pass_gaps(noted, rules_, now);
  settle(bucket, now);
  make_room(now);
  return verdict;
}

OrderVerdict Resequencer::place(OrderBucket& bucket, std::uint64_t number, const ShimHeader& header,
                                const DataArrival& arrival, TimePoint now) {
  const auto copy = [&] {
    return pool_.hold(arrival.payload, {.bucket = header.bucket,
                                        .traffic_class = header.traffic_class,
                                        .mark = arrival.mark,
                                        .arrived = now});
  };
  if (header.traffic_class == TrafficClass::kRealTime) {
    bucket.pass_over(number, pool_, now);
    ++counters_.in_order;
    return OrderVerdict::kDeliver;
  }
  switch (bucket.place_of(number)) {
    case OrderBucket::Place::kNext: {
      ++counters_.in_order;
      // Others whose turn came before it were not polled yet: it goes behind them.
      const bool queue = pool_.has_released();
      if (queue) pool_.release(copy(), now);
      bucket.deliver_next(pool_, now);
      return queue ? OrderVerdict::kHeld : OrderVerdict::kDeliver;
    }
    case OrderBucket::Place::kBehindGap:
      ++counters_.held;
      bucket.hold(number, copy(), pool_);
      return OrderVerdict::kHeld;
    case OrderBucket::Place::kGivenUp:
      break;
  }
  ++counters_.late;
  return OrderVerdict::kLate;
}

std::optional<ReleasedPacket> Resequencer::poll_released() { return pool_.poll_released(); }

void Resequencer::recycle() { pool_.recycle(); }

std::optional<TimePoint> Resequencer::next_timeout() const {
  if (!next_due_ || !next_sweep_) return next_due_ ? next_due_ : next_sweep_;
  return std::min(*next_due_, *next_sweep_);
}

void Resequencer::handle_timeout(TimePoint now) {
  if (next_due_ && now >= *next_due_) {
    next_due_.reset();
    // From the end, for one that no longer waits is replaced by the last.
    for (std::size_t i = waiting_.size(); i-- > 0;) settle(*waiting_[i], now);
  }
  if (next_sweep_ && now >= *next_sweep_) sweep(now);
}

Resequencer::Missing Resequencer::collect_missing(Duration retry_after, TimePoint now) {
  Missing missing;
  if (!rules_.recovery) return missing;
  OrderBucket::Ask ask{.ranges = missing.ranges,
                       .ranges_max = Nack::kRangesMax,
                       .frames_left = Nack::kFramesMax,
                       .retry_after = retry_after};
  for (OrderBucket* bucket : waiting_) {
    const std::optional<TimePoint> again = bucket->collect_missing(ask, rules_, now);
    if (again) missing.again = std::min(missing.again.value_or(*again), *again);
  }
  return missing;
}

// Gives up what is due, and keeps the list of those that wait.
void Resequencer::settle(OrderBucket& bucket, TimePoint now) {
  std::optional<TimePoint> due = bucket.due(rules_, now);
  while (due && *due <= now) {
    const OrderBucket::GivenUp given_up = bucket.give_up_first(pool_, now);
    const bool early = now - given_up.since < rules_.bound;
    ++(early ? counters_.early_skips : counters_.timeouts);
    counters_.lost_frames += given_up.frames;
    due = bucket.due(rules_, now);
  }
  std::size_t& waiting_place = bucket.waiting_place;
  if (due) {
    if (waiting_place == OrderBucket::kNowhere) {
      waiting_place = waiting_.size();
      waiting_.push_back(&bucket);
    }
    next_due_ = std::min(next_due_.value_or(*due), *due);
  } else if (waiting_place != OrderBucket::kNowhere) {
    waiting_[waiting_place] = waiting_.back();
    waiting_[waiting_place]->waiting_place = waiting_place;
    waiting_.pop_back();
    waiting_place = OrderBucket::kNowhere;
    if (waiting_.empty()) next_due_.reset();
  }
}

void Resequencer::give_up_all(OrderBucket& bucket, TimePoint now) {
  while (bucket.held() > 0) counters_.lost_frames += bucket.give_up_first(pool_, now).frames;
  settle(bucket, now);
}

OrderBucket* Resequencer::find(std::uint16_t id) const {
  const Page* page = pages_[id / kPageSize].get();
  return page == nullptr ? nullptr : (*page)[id % kPageSize].bucket.get();
}

OrderBucket& Resequencer::bucket_of(const ShimHeader& header, TimePoint now) {
  std::unique_ptr<Page>& page = pages_[header.bucket / kPageSize];
  if (!page) page = std::make_unique<Page>();
  Entry& entry = (*page)[header.bucket % kPageSize];
  if (!entry.bucket) {
    if (live_.size() >= kBucketsMax) evict_one(now);
    entry.bucket = std::make_unique<OrderBucket>(beginning(header, entry.next), now);
    live_.push_back(entry.bucket.get());
    if (!next_sweep_) next_sweep_ = now + kSweepInterval;
  }
  return *entry.bucket;
}

void Resequencer::restart(OrderBucket& bucket, std::uint32_t sequence, TimePoint now) {
  give_up_all(bucket, now);
  bucket = OrderBucket(unknown_beginning(bucket.id(), sequence), now);
  ++counters_.restarts;
}

void Resequencer::evict(std::size_t live_place, TimePoint now) {
  OrderBucket& bucket = *live_[live_place];
  give_up_all(bucket, now);
  live_[live_place] = live_.back();
  live_.pop_back();
  Entry& entry = (*pages_[bucket.id() / kPageSize])[bucket.id() % kPageSize];
  entry.next = bucket.highest() + 1;
  entry.bucket.reset();
  ++counters_.evicted_buckets;
}

// About the one that rested longest; exactly is not worth a list.
void Resequencer::evict_one(TimePoint now) {
  std::size_t best = sweep_hand_ % live_.size();
  for (std::size_t i = 0; i < kEvictionSample; ++i) {
    sweep_hand_ = (sweep_hand_ + 1) % live_.size();
    if (live_[sweep_hand_]->last_arrival() < live_[best]->last_arrival()) best = sweep_hand_;
  }
  evict(best, now);
}

void Resequencer::sweep(TimePoint now) {
  for (std::size_t i = std::min(live_.size(), kSweepMax); i > 0; --i) {
    sweep_hand_ = (sweep_hand_ + 1) % live_.size();
    const OrderBucket& bucket = *live_[sweep_hand_];
    if (bucket.held() == 0 && now - bucket.last_arrival() > kBucketIdle) evict(sweep_hand_, now);
  }
  next_sweep_.reset();
  if (!live_.empty()) next_sweep_ = now + kSweepInterval;
}

// What waits longest goes first, and more than must go, so that this is not done for each frame.
void Resequencer::make_room(TimePoint now) {
  if (pool_.bytes() <= kHeldBytesMax && pool_.packets() <= kHeldPacketsMax) return;
  while (pool_.bytes() > kHeldBytesMax / 8 * 7 || pool_.packets() > kHeldPacketsMax / 8 * 7) {
    OrderBucket& longest = **std::min_element(
        waiting_.begin(), waiting_.end(), [](const OrderBucket* a, const OrderBucket* b) {
          return a->gaps().front().since < b->gaps().front().since;
        });
    counters_.lost_frames += longest.give_up_first(pool_, now).frames;
    ++counters_.overflows;
    settle(longest, now);
  }
}

}  // namespace hawser
