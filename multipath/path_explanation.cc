// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_explanation.h"

#include <algorithm>
#include <cmath>

#include "multipath/aggregate.h"
#include "multipath/duplicate.h"
#include "multipath/lowest_latency.h"

namespace hawser {
namespace {

constexpr std::array<TrafficClass, kTrafficClasses> kClasses{
    TrafficClass::kRealTime, TrafficClass::kInteractive, TrafficClass::kBulk};

std::string number(double value) { return std::to_string(std::llround(value)); }

std::string milliseconds(Duration duration) {
  return number(std::chrono::duration<double, std::milli>(duration).count()) + " ms";
}

PathUse used(std::string why) { return {.used = true, .why = std::move(why)}; }
PathUse not_used(std::string why) { return {.used = false, .why = std::move(why)}; }

// The reasons of all paths for one class.
class Explainer {
 public:
  Explainer(std::span<const PathView> paths, std::span<const std::string> names,
            const PathSelector& selector, TrafficClass traffic_class)
      : paths_(paths),
        names_(names),
        selector_(selector),
        ranking_(selector.ranking()),
        class_(traffic_class),
        primary_(ranking_.primary(traffic_class)) {}

  PathUse explain(std::size_t index) const;

 private:
  std::string explain_state(std::size_t index) const;
  PathUse explain_duplicate(std::size_t index) const;
  PathUse explain_single(std::size_t index) const;
  PathUse explain_lowest_latency(std::size_t index) const;
  static PathUse explain_thin(Duration slower, const std::string& fastest);
  PathUse explain_aggregate(std::size_t index) const;
  PathUse explain_shared(std::size_t index) const;
  std::string why_primary() const;
  std::string why_behind(std::size_t index, std::size_t better) const;
  bool is_in_tier(std::size_t index) const {
    return ranking_.tier() != PathTier::kNone && tier_of(paths_[index].state) == ranking_.tier();
  }
  int priority(std::size_t index) const { return paths_[index].preference.priority; }
  double score(std::size_t index) const { return ranking_.score(class_, index).value(); }

  std::span<const PathView> paths_;
  std::span<const std::string> names_;
  const PathSelector& selector_;
  const PathRanking& ranking_;
  TrafficClass class_;
  std::uint8_t primary_;
};

PathUse Explainer::explain(std::size_t index) const {
  const TrafficPolicy policy = selector_.policies()[class_];
  if (policy == TrafficPolicy::kDuplicate && primary_ != kNoPathIndex)
    return explain_duplicate(index);
  if (!is_in_tier(index)) return not_used(explain_state(index));
  if (ranking_.order(class_).size() == 1) return used(why_primary());
  switch (policy) {
    case TrafficPolicy::kAggregate:
      return explain_aggregate(index);
    case TrafficPolicy::kBalance:
    case TrafficPolicy::kRoundRobin:
      return explain_shared(index);
    case TrafficPolicy::kLowestLatency:
      return explain_lowest_latency(index);
    case TrafficPolicy::kDuplicate:
    case TrafficPolicy::kFailover:
      break;
  }
  return explain_single(index);
}

std::string Explainer::explain_state(std::size_t index) const {
  const PathView& path = paths_[index];
  switch (path.state) {
    case PathState::kCandidate:
      return "it was not tried yet";
    case PathState::kValidating:
      return "the peer has not answered on it yet";
    case PathState::kFailed:
      return "it failed";
    case PathState::kDisabled:
      return "it is switched off";
    case PathState::kActive:
    case PathState::kStandby:
    case PathState::kSuspect:
      break;
  }
  const std::string& other = names_[primary_];
  if (path.state == PathState::kSuspect) return "it is silent, and " + other + " is not";
  const std::string why = path.preference.metered ? "it is metered" : "it is on standby";
  return why + ", and " + other + " carries " + std::string(to_string(class_)) + " traffic";
}

std::string Explainer::why_primary() const {
  std::string why = ranking_.order(class_).size() == 1
                        ? "it is the only path that is up"
                        : "it is the primary path, with a score of " + number(score(primary_));
  if (ranking_.tier() == PathTier::kStandby) why = "no active path is left";
  if (ranking_.tier() == PathTier::kSuspect) why = "all other paths are down, and it is silent too";
  return why;
}

// Of a path that another one is taken before.
std::string Explainer::why_behind(std::size_t index, std::size_t better) const {
  const std::string& other = names_[better];
  if (priority(better) > priority(index)) {
    return other + " has priority " + std::to_string(priority(better)) + ", this " +
           std::to_string(priority(index));
  }
  if (score(better) < score(index) || priority(better) < priority(index)) {
    return other + " was better until now, and a change waits for a while";
  }
  const Duration slower = ranking_.extra_delay(index) - ranking_.extra_delay(better);
  const double loss = paths_[index].estimate.loss - paths_[better].estimate.loss;
  std::string why;
  if (slower >= Milliseconds(1) && class_ != TrafficClass::kBulk) {
    why = "its delay is " + milliseconds(slower) + " above " + other + "'s";
  }
  if (loss >= 0.005) {
    why += std::string(why.empty() ? "it" : ", and it") + " loses " +
           number(paths_[index].estimate.loss * 100) + " % of its packets";
  }
  if (paths_[index].preference.metered && !paths_[better].preference.metered) {
    why += std::string(why.empty() ? "it" : ", and it") + " is metered";
  }
  if (!why.empty()) return why;
  return other + "'s score is " + number(score(better)) + ", its own " + number(score(index));
}

PathUse Explainer::explain_duplicate(std::size_t index) const {
  const std::uint8_t second = Duplicate::find_second(paths_, ranking_, class_, selector_.options());
  if (index == primary_) {
    return used(why_primary() + (second == kNoPathIndex ? "; no other carries copies" : ""));
  }
  if (index == second) {
    return used("it carries copies, up to " + number(selector_.options().duplicate_share * 100) +
                " % of its rate: it is the best that does not fail with " + names_[primary_]);
  }
  const PathView& path = paths_[index];
  if (tier_of(path.state) == PathTier::kNone) return not_used(explain_state(index));
  const std::string& first = names_[primary_];
  if (path.group == paths_[primary_].group) {
    return not_used("it would fail together with " + first);
  }
  if (path.preference.metered && !selector_.options().duplicate_on_metered) {
    const std::string carries = second == kNoPathIndex ? first + " carries " : "others carry ";
    return not_used("it is metered, and " + carries + std::string(to_string(class_)) + " traffic" +
                    (second == kNoPathIndex ? " alone" : ""));
  }
  if (second == kNoPathIndex || !is_in_tier(index)) return not_used(explain_state(index));
  return not_used(why_behind(index, second));
}

PathUse Explainer::explain_single(std::size_t index) const {
  if (index == primary_) return used(why_primary());
  return not_used(why_behind(index, primary_));
}

PathUse Explainer::explain_lowest_latency(std::size_t index) const {
  if (index == primary_ || !waits_for_budget(class_) ||
      !LowestLatency::is_way_round(paths_[index], paths_[primary_])) {
    return explain_single(index);
  }
  return used("for what would wait longer for " + names_[primary_] + " than this one takes longer");
}

PathUse Explainer::explain_thin(Duration slower, const std::string& fastest) {
  const Duration wait = Aggregate::useful_wait_for(slower);
  if (wait <= Aggregate::kUsefulWaitMax) {
    return used("for what would wait over " + milliseconds(wait) + " for " + fastest +
                ": it would add little to it");
  }
  return not_used("its delay is " + milliseconds(slower) + " above " + fastest +
                  "'s, and it would add little");
}

PathUse Explainer::explain_aggregate(std::size_t index) const {
  const auto order = ranking_.order(class_);
  const int highest = highest_priority(paths_, order);
  std::size_t fastest = index;
  for (const std::uint8_t other : order) {
    if (priority(other) == highest &&
        (priority(fastest) < highest ||
         ranking_.extra_delay(other) < ranking_.extra_delay(fastest))) {
      fastest = other;
    }
  }
  const Duration slower = ranking_.extra_delay(index) - ranking_.extra_delay(fastest);
  const std::string above =
      "its delay is " + milliseconds(slower) + " above " + names_[fastest] + "'s";
  const Duration spread_max = selector_.options().spread_max;
  const Duration return_at = spread_max * Aggregate::kReturnPercent / 100;
  switch (selector_.left_out(class_, static_cast<std::uint8_t>(index))) {
    case LeftOut::kDelay:
      return not_used(above +
                      (slower > spread_max
                           ? ", more than the " + milliseconds(spread_max) + " that are evened out"
                           : ", and was more: it comes back at " + milliseconds(return_at)));
    case LeftOut::kLoss:
      return not_used("it loses " + number(paths_[index].recent_loss * 100) + " % of its packets");
    case LeftOut::kThin:
      return explain_thin(slower, names_[fastest]);
    case LeftOut::kNo:
      break;
  }
  if (priority(index) < highest) {
    return used("when those before it are full: " + why_behind(index, fastest));
  }
  if (slower >= Milliseconds(3)) return used("when " + names_[fastest] + " is full: " + above);
  return used("it carries what fits, up to " + number(likely_rate_bps(paths_[index]) / 1e6) +
              " Mbit/s");
}

PathUse Explainer::explain_shared(std::size_t index) const {
  const auto order = ranking_.order(class_);
  const int highest = highest_priority(paths_, order);
  if (priority(index) < highest) {
    const auto before =
        std::ranges::find_if(order, [&](std::uint8_t other) { return priority(other) == highest; });
    return not_used(why_behind(index, *before));
  }
  const std::string what =
      selector_.policies()[class_] == TrafficPolicy::kBalance ? "flows" : "chunks";
  return used("it carries its share of the " + what + ", at about " +
              number(likely_rate_bps(paths_[index]) / 1e6) + " Mbit/s");
}

}  // namespace

std::vector<std::array<PathUse, kTrafficClasses>> explain_paths(std::span<const PathView> paths,
                                                                std::span<const std::string> names,
                                                                const PathSelector& selector) {
  std::vector<std::array<PathUse, kTrafficClasses>> uses(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (const TrafficClass traffic_class : kClasses) {
      PathUse& use = uses[i][static_cast<std::size_t>(traffic_class)];
      if (i >= kPathsMax) {
        use = not_used("there are more than " + std::to_string(kPathsMax) + " paths");
        continue;
      }
      use = Explainer(paths, names, selector, traffic_class).explain(i);
      use.score = selector.ranking().score(traffic_class, i).value();
    }
  }
  return uses;
}

}  // namespace hawser
