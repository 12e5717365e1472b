// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_ranking.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hawser {
namespace {

using FloatSeconds = std::chrono::duration<double>;

constexpr std::array<TrafficClass, kTrafficClasses> kClasses{
    TrafficClass::kRealTime, TrafficClass::kInteractive, TrafficClass::kBulk};

constexpr FloatSeconds kUsualTime{10};
// What breaks down is not soon held to be usual.
constexpr FloatSeconds kUnusualTime{60};
constexpr Milliseconds kBrownOutDelay{50};
constexpr int kBrownOutTimes = 3;
// A path is not better for being idle, but neither bad for ever.
constexpr FloatSeconds kHalfLife{10};

constexpr std::size_t index_of(TrafficClass traffic_class) {
  return static_cast<std::size_t>(traffic_class);
}

std::optional<Duration> delay_ahead(const PathView& path, const DelayScale& scale) {
  const auto delay = scale.delay_of(path);
  return delay ? std::optional(std::max(Duration(0), *delay - path.queue_gone)) : delay;
}

bool is_idle(const PathView& path) { return path.idle_for > Duration(0); }

// What data met there last, for as long as it may still be so.
PathView remember(PathView path, double usual_loss) {
  if (!is_idle(path)) return path;
  const double left = std::exp2(-(FloatSeconds(path.idle_for) / kHalfLife));
  PathEstimate& estimate = path.estimate;
  estimate.loss = std::min(estimate.loss, usual_loss + (estimate.loss - usual_loss) * left);
  if (!estimate.delay || !estimate.delay_min) return path;
  const FloatSeconds above = *estimate.delay - *estimate.delay_min;
  estimate.delay = *estimate.delay_min + std::chrono::duration_cast<Duration>(above * left);
  return path;
}

// A round trip of a multiple, or a queue as long as the round trip, that jitter does not explain.
bool is_delayed(const PathView& path) {
  const PathEstimate& estimate = path.estimate;
  if (!estimate.rtt || !estimate.rtt_min) return false;
  const Duration rtt_min = *estimate.rtt_min;
  if (*estimate.rtt >= rtt_min + kBrownOutDelay && *estimate.rtt >= kBrownOutTimes * rtt_min) {
    return true;
  }
  // Of an idle path probes know the round trip as it is now, and nothing the delay.
  const Duration queue =
      is_idle(path)
          ? estimate.rtt_latest.value_or(rtt_min) - rtt_min
          : std::min(estimate.queueing, estimate.queueing_floor.value_or(estimate.queueing));
  return queue >= kBrownOutDelay && queue >= rtt_min;
}

}  // namespace

PathTier tier_of(PathState state) {
  switch (state) {
    case PathState::kActive:
      return PathTier::kActive;
    case PathState::kStandby:
      return PathTier::kStandby;
    case PathState::kSuspect:
      return PathTier::kSuspect;
    case PathState::kCandidate:
    case PathState::kValidating:
    case PathState::kFailed:
    case PathState::kDisabled:
      break;
  }
  return PathTier::kNone;
}

void PathRanking::update(std::span<const PathView> paths, TimePoint now) {
  paths = paths.first(std::min(paths.size(), kPathsMax));
  match_known(paths);
  measure(paths, now);
  for (const TrafficClass traffic_class : kClasses) rank(paths, traffic_class, now);
}

std::optional<PrimaryChange> PathRanking::poll_change() {
  for (ByClass& by_class : classes_) {
    if (by_class.change) return std::exchange(by_class.change, std::nullopt);
  }
  return std::nullopt;
}

std::uint8_t PathRanking::primary(TrafficClass traffic_class) const {
  return usable_ == 0 ? kNoPathIndex : classes_[index_of(traffic_class)].order[0];
}

std::span<const std::uint8_t> PathRanking::order(TrafficClass traffic_class) const {
  return std::span(classes_[index_of(traffic_class)].order).first(usable_);
}

const PathScore& PathRanking::score(TrafficClass traffic_class, std::size_t index) const {
  return known_[index].scores[index_of(traffic_class)];
}

Duration PathRanking::spread() const {
  Duration spread{0};
  for (const std::uint8_t index : order(TrafficClass::kBulk)) {
    spread = std::max(spread, extra_delay_[index]);
  }
  return spread;
}

void PathRanking::match_known(std::span<const PathView> paths) {
  bool same = true;
  for (std::size_t i = 0; i < paths.size(); ++i) same = same && known_[i].id == paths[i].id;
  if (!same) {
    std::array<Known, kPathsMax> matched;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto old = std::ranges::find(known_, std::optional(paths[i].id), &Known::id);
      matched[i] = old != known_.end() ? *old : Known{.preference = paths[i].preference};
      matched[i].id = paths[i].id;
    }
    known_ = matched;
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (known_[i].preference == paths[i].preference) continue;
    // The user's word does not wait.
    known_[i].preference = paths[i].preference;
    for (ByClass& by_class : classes_) {
      by_class.changed.reset();
      by_class.beaten_since = TimePoint();
    }
  }
}

void PathRanking::measure(std::span<const PathView> paths, TimePoint now) {
  tier_ = PathTier::kNone;
  for (const PathView& path : paths) tier_ = std::max(tier_, tier_of(path.state));
  const DelayScale scale(paths);
  std::optional<Duration> fastest;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const PathView& path = paths[i];
    Known& known = known_[i];
    const PathView remembered = remember(path, known.usual_loss);
    for (const TrafficClass traffic_class : kClasses) {
      const double quality = path_quality(remembered, traffic_class, scale);
      known.scores[index_of(traffic_class)].update(quality, path.preference, now);
    }
    const double loss = path.estimate.loss;
    if (!known.updated) known.usual_loss = loss;
    const FloatSeconds step = now - known.updated.value_or(now);
    const FloatSeconds time = loss > known.usual_loss + kBrownOutLoss ? kUnusualTime : kUsualTime;
    if (!is_idle(path)) {
      known.usual_loss += (1 - std::exp(-(step / time))) * (loss - known.usual_loss);
    }
    known.updated = now;
    const auto delay = delay_ahead(path, scale);
    if (delay && tier_of(path.state) == tier_) fastest = std::min(fastest.value_or(*delay), *delay);
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto delay = delay_ahead(paths[i], scale);
    extra_delay_[i] = delay && fastest ? std::max(Duration(0), *delay - *fastest) : Duration(0);
  }
}

void PathRanking::rank(std::span<const PathView> paths, TrafficClass traffic_class, TimePoint now) {
  ByClass& by_class = classes_[index_of(traffic_class)];
  const auto is_better = [&](std::uint8_t a, std::uint8_t b) {
    const int preferred = paths[a].preference.priority - paths[b].preference.priority;
    if (preferred != 0) return preferred > 0;
    return score(traffic_class, a).value() > score(traffic_class, b).value();
  };
  usable_ = 0;
  for (std::size_t i = 0; i < paths.size() && tier_ != PathTier::kNone; ++i) {
    if (tier_of(paths[i].state) != tier_) continue;
    const auto index = static_cast<std::uint8_t>(i);
    const auto begin = by_class.order.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(usable_++);
    const auto place = std::upper_bound(begin, end, index, is_better);
    std::move_backward(place, end, end + 1);
    *place = index;
  }
  reconsider(paths, traffic_class, now);
  const auto order = std::span(by_class.order).first(usable_);
  const auto primary = std::ranges::find_if(
      order, [&](std::uint8_t index) { return paths[index].id == by_class.primary; });
  if (primary != order.end()) std::rotate(order.begin(), primary, primary + 1);
}

void PathRanking::reconsider(std::span<const PathView> paths, TrafficClass traffic_class,
                             TimePoint now) {
  ByClass& by_class = classes_[index_of(traffic_class)];
  const auto order = std::span<const std::uint8_t>(by_class.order).first(usable_);
  const auto found = std::ranges::find_if(
      order, [&](std::uint8_t index) { return paths[index].id == by_class.primary; });
  if (found == order.end()) {
    const auto to = order.empty() ? std::nullopt : std::optional(paths[order[0]].id);
    set_primary(traffic_class, to, by_class.primary ? PrimaryReason::kLeft : PrimaryReason::kFirst,
                now);
    return;
  }
  const std::size_t primary = *found;
  const auto value = [&](std::size_t index) { return score(traffic_class, index).value(); };
  std::size_t best = primary;   // by what the user prefers
  std::size_t sound = primary;  // by score alone
  for (const std::uint8_t index : order) {
    if (index == primary) continue;
    if (best == primary) best = index;
    if (sound == primary || value(index) > value(sound)) sound = index;
  }
  const int preferred = paths[best].preference.priority - paths[primary].preference.priority;
  const Duration rested = by_class.changed ? now - *by_class.changed : Duration(kRest);
  const bool is_soon = rested < kRest;
  const bool is_preferred =
      preferred > 0 && !is_broken(paths[best], best, paths[primary], kBrownOutLoss);
  const bool is_better = preferred == 0 && value(best) >= value(primary) + kMargin;
  const bool broken =
      value(sound) >= value(primary) + kMargin &&
      is_broken(paths[primary], primary, paths[sound], is_soon ? kBrownOutLossSoon : kBrownOutLoss);
  const auto held = [now](bool holds, std::optional<TimePoint>& since) {
    since = holds ? std::optional(since.value_or(now)) : std::nullopt;
    return since ? now - *since : Duration(-1);
  };
  const Duration beaten_for = held(is_preferred || is_better, by_class.beaten_since);
  const Duration broken_for = held(broken, by_class.broken_since);
  const bool may_be_chance = is_soon && !is_delayed(paths[primary]);
  const Duration broken_hold = may_be_chance ? kHold : kBrownOutHold;
  if (broken_for >= broken_hold && rested >= kBrownOutRest) {
    set_primary(traffic_class, paths[sound].id, PrimaryReason::kBrownOut, now);
  } else if (beaten_for >= kHold && !is_soon) {
    set_primary(traffic_class, paths[best].id,
                is_preferred ? PrimaryReason::kPriority : PrimaryReason::kBetter, now);
  }
}

bool PathRanking::is_broken(const PathView& primary, std::size_t index, const PathView& other,
                            double margin) const {
  const double loss = is_idle(primary) ? primary.recent_loss : primary.estimate.loss;
  const bool lossy =
      loss > known_[index].usual_loss + margin && loss > other.estimate.loss + margin;
  return lossy || is_delayed(primary);
}

void PathRanking::set_primary(TrafficClass traffic_class, std::optional<PathId> path,
                              PrimaryReason reason, TimePoint now) {
  ByClass& by_class = classes_[index_of(traffic_class)];
  by_class.beaten_since.reset();
  by_class.broken_since.reset();
  if (path == by_class.primary) return;
  by_class.change = PrimaryChange{traffic_class, by_class.primary, path, reason};
  by_class.primary = path;
  if (reason != PrimaryReason::kFirst) by_class.changed = now;
}

}  // namespace hawser
