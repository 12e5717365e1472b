// SPDX-License-Identifier: Apache-2.0
#include "multipath/aggregate.h"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

// Less of a difference is none.
constexpr Milliseconds kAlike{2};
// A need that is shorter does not keep a slower path in use.
constexpr Milliseconds kRealNeed{10};
constexpr std::uint64_t kPacedPackets = 8;  // at once
// Growth a second, while all that it may is sent.
constexpr double kReserveGrowth = 0.3;
constexpr double kPacedGrowth = 1;
// Of a rate that a little traffic seemed to show, and jitter alone, nothing is concluded.
constexpr double kPacedMin = 10'000'000;
constexpr double kPacedUpTo = 16;     // times what it began with
constexpr double kWorthCopy = 0.002;  // share that is lost
// Over which rates are averaged, and what makes a mean.
constexpr Duration kRateTime = Milliseconds(500);
constexpr Duration kRateKnown = Seconds(1);

// 0: none is full.
std::uint64_t slowest_rate(std::span<const PathView> paths) {
  std::uint64_t slowest = 0;
  for (const PathView& path : paths) {
    if (path.rate_bps > 0 && (slowest == 0 || path.rate_bps < slowest)) slowest = path.rate_bps;
  }
  return slowest;
}

}  // namespace

void Aggregate::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                        TimePoint now) {
  const auto order = ranking.order(traffic_class_);
  double least_loss = 1;
  for (const std::uint8_t index : order) {
    least_loss = std::min(least_loss, paths[index].recent_loss);
  }
  const std::array<Candidate, kPathsMax> before = candidates_;
  const auto known = std::span(before).first(count_);
  const bool is_any_full = count_ > 0 && slowest_rate(paths) > 0;
  count_ = 0;
  bool any_joined = false;
  for (const std::uint8_t index : order) {
    const auto old = std::ranges::find(known, paths[index].id, &Candidate::id);
    Candidate& candidate = candidates_[count_++];
    candidate =
        old != known.end() ? *old : Candidate{.id = paths[index].id, .is_paced = is_any_full};
    const int percent = candidate.left_out == LeftOut::kNo ? 100 : kReturnPercent;
    candidate.index = index;
    candidate.extra_delay = ranking.extra_delay(index);
    candidate.was_thin = candidate.left_out == LeftOut::kThin;
    const bool was_out = candidate.left_out != LeftOut::kNo && !candidate.was_thin;
    candidate.left_out = LeftOut::kNo;
    if (candidate.extra_delay > options_.spread_max * percent / 100) {
      candidate.left_out = LeftOut::kDelay;
    } else if (paths[index].recent_loss > least_loss + kExtraLossMax * percent / 100) {
      candidate.left_out = LeftOut::kLoss;
    }
    if (was_out && candidate.left_out == LeftOut::kNo) {
      candidate.is_paced = true;
      candidate.paced_up_to_bps = 0;
    }
    any_joined = any_joined || candidate.left_out == LeftOut::kNo;
    follow_rate(candidate, paths[index].rate_bps, now);
  }
  find_thin(paths);
  if (!any_joined && count_ > 0) candidates_[0].left_out = LeftOut::kNo;
  set_patience(paths);
}

void Aggregate::follow_rate(Candidate& candidate, std::uint64_t rate_bps, TimePoint now) {
  if (rate_bps == 0) return;
  const Duration since = now - candidate.rate_at;
  const auto rate = static_cast<double>(rate_bps);
  candidate.rate_at = now;
  candidate.is_paced = true;
  candidate.paced_up_to_bps = 0;
  if (candidate.rate_time == Duration(0)) candidate.rate_bps = rate;
  const Duration step = std::clamp<Duration>(since, Milliseconds(1), kRateTime / 2);
  candidate.rate_time = std::min(candidate.rate_time + step, kRateKnown);
  candidate.rate_bps += (rate - candidate.rate_bps) * static_cast<double>(step.count()) /
                        static_cast<double>(kRateTime.count());
}

// Rates are known only while they bound something: until there is a new one the verdict stays.
void Aggregate::find_thin(std::span<const PathView> paths) {
  const auto candidates = std::span(candidates_).first(count_);
  for (Candidate& candidate : candidates) {
    if (candidate.left_out != LeftOut::kNo) continue;
    bool are_known = candidate.rate_time >= kRateKnown;
    double faster = 0;
    for (const Candidate& other : candidates) {
      if (other.left_out != LeftOut::kNo) continue;
      if (candidate.extra_delay - other.extra_delay < kThinDelay) continue;
      if (paths[other.index].preference.priority < paths[candidate.index].preference.priority) {
        continue;
      }
      are_known = are_known && other.rate_time >= kRateKnown;
      faster += other.rate_bps;
    }
    const double share = candidate.was_thin ? kThinShare * 100 / kReturnPercent : kThinShare;
    const bool is_thin = are_known ? candidate.rate_bps < share * faster : candidate.was_thin;
    if (is_thin) candidate.left_out = LeftOut::kThin;
  }
}

LeftOut Aggregate::left_out(std::uint8_t path) const {
  const auto candidates = std::span(candidates_).first(count_);
  const auto found = std::ranges::find(candidates, path, &Candidate::index);
  return found != candidates.end() ? found->left_out : LeftOut::kNo;
}

// Relative to the fastest of the highest priority that joined.
void Aggregate::set_patience(std::span<const PathView> paths) {
  const auto candidates = std::span(candidates_).first(count_);
  const Candidate* reference = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.left_out != LeftOut::kNo) continue;
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
    if (candidate.left_out == LeftOut::kThin) {
      candidate.patience = useful_wait_for(slower);
      continue;
    }
    candidate.patience = slower <= kAlike ? Duration(0) : std::min<Duration>(slower, kPatienceMax);
    if (paths[candidate.index].preference.priority < paths[reference->index].preference.priority) {
      candidate.patience = std::max<Duration>(candidate.patience, kPriorityPatience);
    }
  }
}

Duration Aggregate::useful_wait() const {
  Duration wait{0};
  for (const Candidate& candidate : std::span(candidates_).first(count_)) {
    if (candidate.is_reserve()) wait = std::max(wait, candidate.patience);
  }
  return wait;
}

PathChoice Aggregate::choose(std::span<const PathView> paths, const Chunk& chunk) {
  const auto candidates = std::span(candidates_).first(count_);
  const bool is_pressed = std::ranges::none_of(candidates, [&](const Candidate& candidate) {
    return candidate.left_out == LeftOut::kNo && candidate.patience == Duration(0) &&
           candidate.free_at <= chunk.now && has_budget(paths[candidate.index], chunk);
  });
  std::optional<Duration> pressed;
  if (is_pressed) pressed = pressure_.note(chunk.now);
  Candidate* choice = nullptr;
  Duration earliest{0};
  for (Candidate& candidate : candidates) {
    const PathView& path = paths[candidate.index];
    if (candidate.free_at > chunk.now || !has_budget(path, chunk)) continue;
    if (!may_take(candidate, paths, chunk, pressed)) continue;
    const std::uint64_t octets = std::min<std::uint64_t>(chunk.octets, chunk_limit(path, chunk));
    const Duration time = candidate.extra_delay + sending_time(path, octets);
    if (choice != nullptr && time >= earliest) continue;
    choice = &candidate;
    earliest = time;
  }
  if (choice == nullptr) return nowhere(paths, chunk, pressed.value_or(Duration(0)));
  PathChoice placed = choice_of(paths, choice->index, chunk);
  if (paths[choice->index].rate_bps == 0) keep_to_rate(*choice, placed, paths, chunk);
  if (chunk.is_beginning) placed.second = spare(paths, choice->index);
  return placed;
}

// A path that is free takes all that waits for others at once, and its queue may be too short for
// that. One that was full keeps to the rate that it had, one that joins while others are full to
// that of the slowest. Both try more as time goes by.
void Aggregate::keep_to_rate(Candidate& candidate, PathChoice& placed,
                             std::span<const PathView> paths, const Chunk& chunk) {
  if (!candidate.is_reserve() && !candidate.is_paced) return;
  if (candidate.rate_bps == 0) candidate.rate_bps = static_cast<double>(slowest_rate(paths));
  if (candidate.rate_bps == 0) return;
  if (candidate.paced_up_to_bps == 0) {
    if (!candidate.is_reserve()) candidate.rate_bps = std::max(candidate.rate_bps, kPacedMin);
    candidate.paced_up_to_bps = kPacedUpTo * candidate.rate_bps;
  }
  placed.octets = std::min(placed.octets, kPacedPackets * packet_octets(chunk));
  const std::uint64_t octets = std::min<std::uint64_t>(placed.octets, chunk.octets);
  const Duration time = sending_time(static_cast<std::uint64_t>(candidate.rate_bps), octets);
  candidate.free_at = chunk.now + time;
  const double growth = candidate.is_reserve() ? kReserveGrowth : kPacedGrowth;
  candidate.rate_bps *= 1 + growth * std::chrono::duration<double>(time).count();
  candidate.is_paced = candidate.is_paced && candidate.rate_bps < candidate.paced_up_to_bps;
}

// `pressed`: for so long those that wait for nobody have been short of budget; unset: they are not.
bool Aggregate::may_take(Candidate& candidate, std::span<const PathView> paths, const Chunk& chunk,
                         std::optional<Duration> pressed) const {
  if (candidate.left_out == LeftOut::kNo) {
    return candidate.patience == Duration(0) ||
           (pressed && is_called(candidate, *pressed, chunk.now));
  }
  return pressed && candidate.is_reserve() && waiting_time(paths, chunk) >= candidate.patience;
}

// How long what waits takes the paths that joined.
Duration Aggregate::waiting_time(std::span<const PathView> paths, const Chunk& chunk) const {
  std::uint64_t rate_bps = 0;
  for (const Candidate& candidate : std::span(candidates_).first(count_)) {
    if (candidate.left_out == LeftOut::kNo) rate_bps += paths[candidate.index].rate_bps;
  }
  return sending_time(rate_bps, chunk.backlog);
}

// Where paths have room to spare a copy costs nothing.
std::uint8_t Aggregate::spare(std::span<const PathView> paths, std::uint8_t choice) const {
  const auto has_room = [](const PathView& path) {
    return path.rate_bps == 0 && path.preference.cost == 0 && !path.preference.metered;
  };
  if (!has_room(paths[choice]) || paths[choice].recent_loss < kWorthCopy) return kNoPathIndex;
  for (const Candidate& candidate : std::span(candidates_).first(count_)) {
    const PathView& path = paths[candidate.index];
    if (candidate.index == choice || candidate.left_out != LeftOut::kNo) continue;
    if (path.group != paths[choice].group && has_room(path)) return candidate.index;
  }
  return kNoPathIndex;
}

// Until a path in use has budget, or the next one is called.
PathChoice Aggregate::nowhere(std::span<const PathView> paths, const Chunk& chunk,
                              Duration pressed) const {
  PathChoice none;
  for (const Candidate& candidate : std::span(candidates_).first(count_)) {
    if (candidate.left_out != LeftOut::kNo) continue;
    const PathView& path = paths[candidate.index];
    TimePoint time = has_budget(path, chunk) ? chunk.now + candidate.patience - pressed
                                             : budget_time(path, chunk);
    time = std::max(time, candidate.free_at);
    none.retry_at = std::min(none.retry_at.value_or(time), time);
  }
  return none;
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
