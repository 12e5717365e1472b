// SPDX-License-Identifier: Apache-2.0
#include "multipath/aggregate.h"

#include <algorithm>

namespace hawser {
namespace {

// A path that was left out comes back when it is better than the limits by so much.
constexpr int kReturnPercent = 80;
// Less of a difference is none.
constexpr Milliseconds kAlike{2};
// A need that ends for longer than this begins anew; one that is shorter than the second does not
// keep a slower path in use.
constexpr Milliseconds kPressGap{20};
constexpr Milliseconds kRealNeed{10};

}  // namespace

Aggregate::LeftOut Aggregate::left_out(std::span<const PathView> paths, const PathRanking& ranking,
                                       std::size_t index, const Limits& limits) {
  if (ranking.extra_delay(index) > limits.extra_delay) return LeftOut::kDelay;
  double least = 1;
  for (const std::uint8_t other : ranking.order(TrafficClass::kBulk)) {
    least = std::min(least, paths[other].estimate.loss);
  }
  return paths[index].estimate.loss > least + limits.extra_loss ? LeftOut::kLoss : LeftOut::kNo;
}

void Aggregate::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                        TimePoint /*now*/) {
  const std::array<Candidate, kPathsMax> before = candidates_;
  const auto known = std::span(before).first(count_);
  const Limits limits{.extra_delay = options_.spread_max};
  const Limits return_limits{.extra_delay = options_.spread_max * kReturnPercent / 100,
                             .extra_loss = kExtraLossMax * kReturnPercent / 100};
  count_ = 0;
  bool any_joined = false;
  for (const std::uint8_t index : ranking.order(traffic_class_)) {
    const auto old = std::ranges::find(known, paths[index].id, &Candidate::id);
    const bool was_out = old != known.end() && !old->joined;
    Candidate& candidate = candidates_[count_++];
    candidate = old != known.end() ? *old : Candidate{.id = paths[index].id};
    candidate.index = index;
    candidate.extra_delay = ranking.extra_delay(index);
    candidate.joined =
        left_out(paths, ranking, index, was_out ? return_limits : limits) == LeftOut::kNo;
    any_joined = any_joined || candidate.joined;
  }
  if (!any_joined && count_ > 0) candidates_[0].joined = true;
  set_patience(paths);
}

// Relative to the fastest of the highest priority that joined.
void Aggregate::set_patience(std::span<const PathView> paths) {
  const auto candidates = std::span(candidates_).first(count_);
  const Candidate* reference = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.joined) continue;
    const int priority = paths[candidate.index].preference.priority;
    if (reference == nullptr || priority > paths[reference->index].preference.priority ||
        (priority == paths[reference->index].preference.priority &&
         candidate.extra_delay < reference->extra_delay)) {
      reference = &candidate;
    }
  }
  for (Candidate& candidate : candidates) {
    if (reference == nullptr) break;
    const Duration slower = candidate.extra_delay - reference->extra_delay;
    candidate.patience = slower <= kAlike ? Duration(0) : std::min<Duration>(slower, kPatienceMax);
    if (paths[candidate.index].preference.priority < paths[reference->index].preference.priority) {
      candidate.patience = std::max<Duration>(candidate.patience, kPriorityPatience);
    }
  }
}

PathChoice Aggregate::choose(std::span<const PathView> paths, const Chunk& chunk) {
  const auto candidates = std::span(candidates_).first(count_);
  const bool pressed = std::ranges::none_of(candidates, [&](const Candidate& candidate) {
    return candidate.joined && candidate.patience == Duration(0) &&
           has_budget(paths[candidate.index], chunk);
  });
  const Duration pressed_for = pressed ? note_pressure(chunk.now) : Duration(0);
  PathChoice none;
  const auto retry_at = [&none](TimePoint time) {
    none.retry_at = std::min(none.retry_at.value_or(time), time);
  };
  std::uint8_t choice = kNoPathIndex;
  Duration earliest{0};
  for (Candidate& candidate : candidates) {
    if (!candidate.joined) continue;
    const PathView& path = paths[candidate.index];
    if (candidate.patience > Duration(0)) {
      if (!pressed) continue;
      if (!is_called(candidate, pressed_for, chunk.now)) {
        retry_at(chunk.now + candidate.patience - pressed_for);
        continue;
      }
    }
    if (!has_budget(path, chunk)) {
      retry_at(budget_time(path, chunk));
      continue;
    }
    const std::uint64_t octets = std::min<std::uint64_t>(chunk.octets, chunk_limit(path, chunk));
    const Duration time = candidate.extra_delay + sending_time(path, path.queued_bytes + octets);
    if (choice != kNoPathIndex && time >= earliest) continue;
    choice = candidate.index;
    earliest = time;
  }
  return choice == kNoPathIndex ? none : choice_of(paths, choice, chunk);
}

Duration Aggregate::note_pressure(TimePoint now) {
  if (!pressed_since_ || now - pressed_last_ > kPressGap) pressed_since_ = now;
  pressed_last_ = now;
  return now - *pressed_since_;
}

bool Aggregate::is_called(Candidate& candidate, Duration pressed, TimePoint now) {
  const bool stays = candidate.stay_until && now < *candidate.stay_until;
  if (pressed >= candidate.patience || (stays && pressed >= kRealNeed)) {
    candidate.stay_until = now + kStay;
    return true;
  }
  return stays;
}

}  // namespace hawser
