// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_swarm.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/sim/bond_simulation.h"

namespace hawser {
namespace {

constexpr std::size_t kLinksMax = 6;
constexpr Duration kLife = Seconds(300);
constexpr Duration kPeace = Seconds(90);  // at the end: all links are up, and nothing changes
constexpr Duration kLook = Milliseconds(250);
// One of the links being able to carry data for so long, some path is in use.
constexpr Duration kUseWithin = Seconds(2);
// A longer way looks like a queue, and the rate control gives bulk very little at first.
constexpr Duration kBulkWithin = Seconds(5);
// Where nothing happens there is at most one change of the primary path in such a time.
constexpr Duration kPrimaryTime = Seconds(10);
constexpr Duration kPrimaryLook = Seconds(1);  // so late it may be seen
constexpr Duration kSettled = Seconds(30);
// A link that loses more is browned out, however steadily: it is left as soon as it is silent.
constexpr double kSoundLoss = 0.1;
// What all flows send in the longest time that a packet waits for one before it, and what of them
// waited in the daemon while no link was up.
constexpr std::uint64_t kHeldMost = 800;
constexpr std::size_t kWrongMax = 10;

class Life {
 public:
  Life(std::uint64_t seed, bool with_story)
      : dice_(seed * 0x9e3779b97f4a7c15u + 7), sim_(options(seed, with_story)) {}

  BondSwarmRun run();

 private:
  BondSimulation::Options options(std::uint64_t seed, bool record);
  Duration up_to(Duration most) {
    return Duration(
        static_cast<Duration::rep>(dice_.below(static_cast<std::uint64_t>(most.count()))));
  }
  BondWay any_way();
  void build();
  void disturb();
  void darken(std::size_t link);
  void pull_carrier(std::size_t link);
  void worsen(std::size_t link);
  void replan(std::size_t link);
  void end_disturbance();
  void note_event(const std::string& what);

  void look();
  void look_at_links();
  void look_at_flows();
  bool is_bad(PathId path);
  void look_at_bonds();
  void handle_news(BondEnd end, const PathNews& news);
  void look_at_end();
  void finish(BondSwarmRun& run);
  std::uint64_t reordered();
  void wrong(const std::string& what);

  SeededRandom dice_;  // what happens; the network has its own
  BondSwarmFigures figures_;
  std::vector<std::string> wrong_;
  BondSimulation sim_;
  std::vector<BondWay> usual_;
  std::vector<bool> carrier_;
  std::vector<std::optional<TimePoint>> able_since_;
  std::vector<bool> accused_;  // flows whose silence was told
  TimePoint quiet_since_{};
  unsigned looks_ = 0;
  std::uint64_t reordered_before_ = 0;
  struct Primary {
    std::optional<PathId> path;
    std::vector<TimePoint> changes;
  };
  std::map<std::pair<BondEnd, std::size_t>, Primary> primaries_;
};

BondSimulation::Options Life::options(std::uint64_t seed, bool record) {
  SetTraffic traffic;
  for (TrafficPolicy& policy : traffic.policies.by_class) {
    if (dice_.chance(0.5)) policy = static_cast<TrafficPolicy>(dice_.below(kTrafficPolicies));
  }
  return {.seed = seed,
          .left_workers = static_cast<unsigned>(1 + dice_.below(3)),
          .right_workers = static_cast<unsigned>(1 + dice_.below(3)),
          .missteer = dice_.chance(0.3) ? 0.1 : 0,
          .traffic = traffic,
          .record = record};
}

BondWay Life::any_way() {
  BondWay way{.delay = Milliseconds(1) + up_to(Milliseconds(dice_.chance(0.2) ? 300 : 80))};
  if (dice_.chance(0.5)) way.jitter = up_to(way.delay / 4);
  if (dice_.chance(0.5)) way.loss = static_cast<double>(dice_.below(20)) / 1000;
  if (dice_.chance(0.6)) way.rate_bps = 2'000'000 + dice_.below(50'000'000);
  return way;
}

void Life::build() {
  const std::size_t links = 1 + dice_.below(kLinksMax);
  for (std::size_t i = 0; i < links; ++i) {
    usual_.push_back(any_way());
    carrier_.push_back(true);
    sim_.add_link(usual_.back());
  }
  able_since_.resize(links);
  for (const BondEnd from : kBondEnds) {
    for (std::size_t i = 0; i < kTrafficClasses; ++i) {
      sim_.add_flow({.from = from,
                     .traffic_class = static_cast<TrafficClass>(i),
                     .interval = Milliseconds(20 + dice_.below(60)),
                     .octets = 40 + dice_.below(1000),
                     .worker = static_cast<unsigned>(dice_.below(sim_.side(from).workers()))});
    }
  }
  accused_.resize(sim_.flows().size());
  sim_.on_news = [this](BondEnd end, const PathNews& news) { handle_news(end, news); };
  sim_.begin(1 + dice_.below(links));
}

void Life::note_event(const std::string& what) {
  ++figures_.events;
  quiet_since_ = sim_.now();
  sim_.tell("--- " + what);
}

void Life::darken(std::size_t link) {
  able_since_[link].reset();
  const std::string name = " link " + std::to_string(link);
  const std::uint64_t which = dice_.below(4);
  BondLink& one = sim_.link(link);
  if (which == 0) one.way(BondEnd::kLeft).is_dark = true;
  if (which == 1) one.way(BondEnd::kRight).is_dark = true;
  if (which >= 2) one.set_dark(true);
  note_event((which == 0   ? "dark to the right:"
              : which == 1 ? "dark to the left:"
                           : "dark:") +
             name);
  sim_.at(sim_.now() + Milliseconds(50) + up_to(Seconds(dice_.chance(0.3) ? 30 : 4)),
          [this, link, name] {
            sim_.link(link).set_dark(!carrier_[link]);
            note_event("light:" + name);
          });
}

// The system says so, soon after.
void Life::pull_carrier(std::size_t link) {
  const auto set = [this, link](bool is_up) {
    carrier_[link] = is_up;
    able_since_[link].reset();
    sim_.link(link).set_dark(!is_up);
    PlannedPath& plan = sim_.plan_of(link);
    plan.is_up = is_up;
    plan.reason = is_up ? "" : plan.name + " has no carrier";
    note_event(std::string(is_up ? "carrier" : "no carrier") + ": link " + std::to_string(link));
    sim_.at(sim_.now() + Milliseconds(5), [this, link] {
      if (sim_.is_planned(link)) sim_.plan(link);
    });
  };
  set(false);
  sim_.at(sim_.now() + Milliseconds(200) + up_to(Seconds(20)), [set] { set(true); });
}

void Life::worsen(std::size_t link) {
  able_since_[link].reset();
  BondWay way = any_way();
  if (dice_.chance(0.3)) way.loss = 0.2;
  for (const BondEnd end : kBondEnds) {
    const bool is_dark = sim_.link(link).way(end).is_dark;
    sim_.link(link).way(end) = way;
    sim_.link(link).way(end).is_dark = is_dark;
  }
  note_event("another kind of link " + std::to_string(link));
}

void Life::replan(std::size_t link) {
  const std::string name = " link " + std::to_string(link);
  if (!sim_.is_planned(link)) {
    sim_.plan(link);
    return note_event("new:" + name);
  }
  if (link != 0 && dice_.chance(0.3)) {
    sim_.remove(link);
    return note_event("removed:" + name);
  }
  sim_.plan_of(link).preference.priority = static_cast<int>(dice_.below(3));
  sim_.plan(link);
  note_event("another priority:" + name);
}

void Life::disturb() {
  const std::size_t link = dice_.below(sim_.link_count());
  const std::string name = " link " + std::to_string(link);
  switch (dice_.below(8)) {
    case 0:
    case 1:
      return darken(link);
    case 2:
      return pull_carrier(link);
    case 3:
      return worsen(link);
    case 4:
      sim_.rebind(link);
      able_since_[link].reset();
      return note_event("rebound:" + name);
    case 5:
      sim_.readdress(link);
      able_since_[link].reset();
      return note_event("another address:" + name);
    case 6:
      sim_.rekey();
      return note_event("rekey");
    default:
      return replan(link);
  }
}

void Life::end_disturbance() {
  for (std::size_t i = 0; i < sim_.link_count(); ++i) {
    sim_.link(i).set_both(usual_[i]);
    carrier_[i] = true;
    sim_.plan_of(i).is_up = true;
    sim_.plan(i);
  }
  note_event("peace");
}

void Life::look() {
  look_at_links();
  look_at_flows();
  if (++looks_ % 4 == 0) look_at_bonds();
}

void Life::look_at_links() {
  for (std::size_t i = 0; i < sim_.link_count(); ++i) {
    const bool is_able = sim_.is_planned(i) && sim_.plan_of(i).is_up && sim_.link(i).is_able();
    if (!is_able) {
      able_since_[i].reset();
    } else if (!able_since_[i]) {
      able_since_[i] = sim_.now();
    }
  }
}

// Data comes through, not only the bond's own word that it would.
void Life::look_at_flows() {
  Duration able_for{-1};
  Duration slowest{0};
  for (std::size_t i = 0; i < sim_.link_count(); ++i) {
    if (able_since_[i]) able_for = std::max(able_for, sim_.now() - *able_since_[i]);
    slowest = std::max(slowest, sim_.link(i).round_trip());
  }
  for (std::size_t i = 0; i < sim_.flows().size(); ++i) {
    const auto last = sim_.flows()[i].last_delivered();
    const Duration silent = last ? sim_.now() - *last : able_for;
    const Duration waited = std::min(able_for, silent);
    figures_.wait_most = std::max(figures_.wait_most, waited);
    const bool is_bulk = sim_.flows()[i].spec.traffic_class == TrafficClass::kBulk;
    const bool is_late = waited > (is_bulk ? kBulkWithin : kUseWithin) + slowest;
    if (is_late && !accused_[i]) {
      wrong("flow " + std::to_string(i) + " had no packet although a link was able");
    }
    accused_[i] = is_late;
  }
}

bool Life::is_bad(PathId path) {
  BondLink& link = sim_.link(path.value());
  return std::ranges::any_of(kBondEnds,
                             [&](BondEnd end) { return link.way(end).loss > kSoundLoss; });
}

void Life::look_at_bonds() {
  for (const BondEnd end : kBondEnds) {
    const auto all = sim_.side(end).status();
    for (std::size_t w = 0; w < all.size(); ++w) {
      figures_.held_most = std::max(figures_.held_most, all[w].waiting);
      if (all[w].waiting > kHeldMost) wrong("too many packets wait");
      Primary& seen = primaries_[{end, w}];
      if (seen.path == all[w].primary) continue;
      if (seen.path && all[w].primary) {
        sim_.tell("primary of " + name_of(end, w) + ": " + std::to_string(all[w].primary->value()));
        ++figures_.primary_changes;
        const TimePoint before = seen.changes.empty() ? sim_.now() - kLife : seen.changes.back();
        seen.changes.push_back(sim_.now());
        const bool are_sound = !is_bad(*seen.path) && !is_bad(*all[w].primary);
        if (sim_.now() - before < kPrimaryTime - kPrimaryLook && before - quiet_since_ > kSettled &&
            are_sound) {
          sim_.tell("^^^ too soon");
          ++figures_.oscillations;
          wrong("the primary path oscillates");
        }
      }
      seen.path = all[w].primary;
    }
  }
}

void Life::handle_news(BondEnd, const PathNews& news) {
  if (!news.news.is_new_state) return;
  const PathState state = news.news.state;
  const auto link = news.news.path.value();
  const bool is_left = state == PathState::kSuspect || state == PathState::kFailed;
  if (!is_left || link >= able_since_.size() || !able_since_[link]) return;
  if (sim_.now() - quiet_since_ > kUseWithin && sim_.link(link).way(BondEnd::kLeft).loss == 0) {
    ++figures_.alarms;
    sim_.tell("^^^ false alarm");
  }
}

void Life::wrong(const std::string& what) {
  sim_.tell("!!! " + what);
  const auto time = std::chrono::duration_cast<Milliseconds>(sim_.now().time_since_epoch());
  if (wrong_.size() < kWrongMax) wrong_.push_back(std::to_string(time.count()) + " ms: " + what);
}

// Packets that are lost by chance make a path suspect for a moment, the last one of a life, too:
// then it is asked again a little later.
void Life::look_at_end() {
  const auto before = sim_.unusable_paths();
  if (before.empty()) return;
  sim_.run_for(kUseWithin);
  for (const auto& [name, reason] : sim_.unusable_paths()) {
    if (before.contains(name)) wrong("in the end " + name + " is " + reason);
  }
}

void Life::finish(BondSwarmRun& run) {
  look_at_end();
  for (const BondFlow& flow : sim_.flows()) {
    figures_.packets += flow.sent();
    figures_.delivered += flow.delivered();
    if (flow.twice() != 0) wrong(std::to_string(flow.twice()) + " packets were delivered twice");
    if (flow.at_other_workers() != 0) wrong("a flow changed its owner");
  }
  figures_.reordered = reordered();
  figures_.reordered_still = figures_.reordered - reordered_before_;
  if (sim_.unsound() != 0) wrong("packets were delivered that nobody sent");
  figures_.datagrams = sim_.datagrams();
  run.digest = sim_.digest();
  run.story = sim_.story();
  run.figures = figures_;
  run.wrong = std::move(wrong_);
}

std::uint64_t Life::reordered() {
  std::uint64_t sum = 0;
  for (const BondFlow& flow : sim_.flows()) {
    if (flow.spec.traffic_class != TrafficClass::kRealTime) sum += flow.reordered();
  }
  return sum;
}

BondSwarmRun Life::run() {
  build();
  quiet_since_ = sim_.now();
  const TimePoint end = sim_.now() + kLife;
  const TimePoint peace = end - kPeace;
  TimePoint next = sim_.now() + Seconds(2) + up_to(Seconds(20));
  bool is_peace = false;
  while (sim_.now() < end) {
    sim_.run_for(kLook);
    look();
    if (sim_.now() >= next && sim_.now() + Seconds(30) < peace) {
      disturb();
      next = sim_.now() + up_to(Seconds(dice_.chance(0.2) ? 40 : 8));
    }
    if (sim_.now() >= peace && !std::exchange(is_peace, true)) end_disturbance();
    if (sim_.now() <= peace + kSettled) reordered_before_ = reordered();
  }
  BondSwarmRun run;
  finish(run);
  return run;
}

}  // namespace

BondSwarmRun run_bond_swarm(std::uint64_t seed, bool with_story) {
  return Life(seed, with_story).run();
}

}  // namespace hawser
