// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_swarm.h"

#include <memory>

#include "tests/sim/ike_simulation.h"
#include "tests/sim/ike_spy.h"
#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

// A request that is not answered is given up after five minutes; an end that began anew and does
// not initiate is noticed that late.
constexpr Duration kGiveUp = Seconds(300);
constexpr Duration kQuiet = Seconds(120);
// An IKE SA that was replaced and has no children waits so long for a Delete that was lost.
constexpr Duration kLeftover = Seconds(360);
// One that is deleted answers what is sent again.
constexpr Duration kLinger = Seconds(15);
constexpr Duration kSilence = Seconds(20);

class Life {
 public:
  Life(std::uint64_t seed, bool with_transcript)
      : dice_(seed * 0x9e3779b97f4a7c15u + 1), sim_(options(seed, with_transcript)) {}

  IkeSwarmRun run();

 private:
  IkeSimulation::Options options(std::uint64_t seed, bool record);
  IkeHost& any_host() { return dice_.chance(0.5) ? sim_.left : sim_.right; }
  Duration up_to(Duration most) {
    return Duration(
        static_cast<Duration::rep>(dice_.below(static_cast<std::uint64_t>(most.count()))));
  }
  void worsen_links();
  void mend_links();
  void disturb();
  void rekey(bool child, bool both);
  void expire(IkeHost& host);
  void flap();
  void roam();
  void restart();
  void rest();
  void expect_silence();
  void finish(IkeSwarmRun& run);

  SeededRandom dice_;  // what happens; the network has its own
  bool both_initiate_ = false;
  bool has_lifetimes_ = false;
  bool restarts_ = false;
  TimePoint passive_restart_;
  std::string story_;
  IkeSwarmFigures figures_;
  std::vector<std::string> wrong_;
  IkeSimulation sim_;
};

IkeSimulation::Options Life::options(std::uint64_t seed, bool record) {
  both_initiate_ = dice_.chance(0.4);
  has_lifetimes_ = dice_.chance(0.3);
  restarts_ = dice_.chance(0.2);
  const bool raw_keys = dice_.chance(0.5);
  const bool pfs = dice_.chance(0.7);
  IkeSimulation::Options options{
      .seed = seed,
      .left = {.name = "left", .home = transport("192.0.2.1:4500"), .seed = 2 * seed},
      .right = {.name = "right", .home = transport("192.0.2.2:4500"), .seed = 2 * seed + 1},
      .packet_interval = Milliseconds(20),
      .record = record};
  options.right.initiates = options.right.knows_endpoint = both_initiate_;
  for (IkeHostSpec* spec : {&options.left, &options.right}) {
    spec->raw_keys = raw_keys;
    spec->pfs = pfs;
    spec->child_sas = static_cast<unsigned>(1 + dice_.below(3));
    if (has_lifetimes_) {
      spec->rekey_time = Seconds(20) + up_to(Seconds(40));
      spec->ike_rekey_time = Seconds(30) + up_to(Seconds(90));
    }
  }
  story_ = std::string(both_initiate_ ? "both initiate" : "left initiates") +
           (raw_keys ? ", raw keys" : ", shared key") + (pfs ? ", pfs" : "") +
           (has_lifetimes_ ? ", lifetimes" : "") + (restarts_ ? ", restarts" : "") + ", K " +
           std::to_string(options.left.child_sas) + " and " +
           std::to_string(options.right.child_sas);
  return options;
}

void Life::worsen_links() {
  for (IkeLink* link : {&sim_.to_right, &sim_.to_left}) {
    *link = {.delay = Milliseconds(1) + up_to(Milliseconds(200)),
             .jitter = up_to(Milliseconds(100)),
             .loss = 0.2,
             .duplicate = 0.1,
             .late = 0.1,
             .late_by = Seconds(5)};
  }
}

void Life::mend_links() {
  for (IkeLink* link : {&sim_.to_right, &sim_.to_left}) {
    *link = {.delay = link->delay, .jitter = link->jitter};
  }
}

void Life::rekey(bool child, bool both) {
  for (IkeHost* host : {&sim_.left, &sim_.right}) {
    if (!both && dice_.chance(0.5)) continue;
    sim_.act(*host, [&](IkeEngine& engine) {
      child ? engine.rekey_child(IkeHost::kPeer, sim_.now)
            : engine.rekey_ike(IkeHost::kPeer, sim_.now);
    });
  }
}

// The limit of packets of an SA is reached, softly or hard.
void Life::expire(IkeHost& host) {
  const IkeLedger::Child* child = host.ledger.sending();
  if (child == nullptr) return;
  const Spi spi = child->what.sas.front().spi_in;
  const bool is_hard = dice_.chance(0.3);
  sim_.act(host, [&](IkeEngine& engine) {
    is_hard ? engine.handle_child_expired(spi, sim_.now)
            : engine.handle_child_expiring(spi, sim_.now);
  });
}

void Life::flap() {
  const bool is_down = sim_.to_right.down;
  sim_.to_right.down = sim_.to_left.down = true;
  if (is_down) return;
  IkeHost& host = any_host();
  sim_.at(sim_.now + up_to(Seconds(15)), [this, &host] {
    sim_.to_right.down = sim_.to_left.down = false;
    sim_.act(host, [&](IkeEngine& engine) { engine.handle_link_change(sim_.now); });
  });
}

// Only who began may move (RFC 4555), so there left is the one.
void Life::roam() {
  if (both_initiate_) return flap();
  ++figures_.moves;
  const std::string last = std::to_string(10 + dice_.below(3));
  sim_.move(sim_.left, transport("198.51.100." + last + ":4500"));
}

void Life::restart() {
  if (!restarts_) return;
  ++figures_.restarts;
  IkeHost& host = any_host();
  if (!host.spec.initiates) passive_restart_ = sim_.now;
  sim_.restart(host);
}

void Life::disturb() {
  switch (dice_.below(10)) {
    case 0:
    case 1:
      return rekey(true, false);
    case 2:
      return rekey(true, true);
    case 3:
      return rekey(false, false);
    case 4:
      return rekey(false, true);
    case 5:
      rekey(true, true);
      return rekey(false, true);
    case 6:
      return expire(any_host());
    case 7:
      return flap();
    case 8:
      return roam();
    default:
      return restart();
  }
}

void Life::rest() {
  mend_links();
  Duration quiet = kQuiet;
  if (passive_restart_ != TimePoint()) quiet += kGiveUp;
  sim_.run_for(quiet);
  // With lifetimes there may be a rekey under way just now.
  const Duration patience = has_lifetimes_ ? Seconds(30) : Seconds(0);
  const auto is_in_order = [this] { return sim_.is_only_waiting_for_delete(); };
  const auto is_at_rest = [this] { return sim_.check_at_rest().empty(); };
  if (!sim_.run_until(is_in_order, patience)) {
    wrong_ = sim_.check_at_rest();
    return;
  }
  if (sim_.run_until(is_at_rest, kLinger)) return;
  ++figures_.leftovers;
  if (!sim_.run_until(is_at_rest, kLeftover)) wrong_ = sim_.check_at_rest();
}

// Nothing is in a queue, and nothing is asked any more, since packets go both ways.
void Life::expect_silence() {
  const std::uint64_t messages = sim_.messages();
  const std::uint64_t sent = sim_.left.sent + sim_.right.sent;
  const std::uint64_t lost = sim_.packets_lost_by_ends() + sim_.packets_lost_by_links();
  const std::uint64_t unsendable = sim_.left.unsendable + sim_.right.unsendable;
  sim_.run_for(kSilence);
  if (has_lifetimes_) return;
  if (sim_.messages() != messages) {
    wrong_.push_back(std::to_string(sim_.messages() - messages) + " messages when all is done");
  }
  if (sim_.left.sent + sim_.right.sent != sent + 2 * (kSilence / Milliseconds(20)) ||
      sim_.left.unsendable + sim_.right.unsendable != unsendable) {
    wrong_.push_back("not all packets were sent when all is done");
  }
  if (sim_.packets_lost_by_ends() + sim_.packets_lost_by_links() != lost) {
    wrong_.push_back("packets are lost when all is done");
  }
}

void Life::finish(IkeSwarmRun& run) {
  for (const std::string& what : sim_.violations()) wrong_.push_back(what);
  for (const IkeHost* host : {&sim_.left, &sim_.right}) {
    const IkePeerStatus status = host->status(sim_.now);
    figures_.child_rekeys += status.child_rekeys;
    figures_.ike_rekeys += status.ike_rekeys;
    figures_.children += host->ledger.installed();
    figures_.established += host->ledger.established();
    figures_.packets += host->sent;
  }
  figures_.messages = sim_.messages();
  figures_.packets_lost_by_links = sim_.packets_lost_by_links();
  figures_.packets_lost_by_ends = sim_.packets_lost_by_ends();
  run.wrong = wrong_;
  run.digest = sim_.digest();
  run.figures = figures_;
  run.story = story_;
  run.transcript = transcript_of(sim_);
}

IkeSwarmRun Life::run() {
  worsen_links();
  sim_.start();
  sim_.run_for(up_to(Seconds(20)));
  const std::uint64_t disturbances = 3 + dice_.below(15);
  for (std::uint64_t i = 0; i < disturbances; ++i) {
    disturb();
    // Often before the last one is done with.
    sim_.run_for(dice_.chance(0.5) ? up_to(Seconds(1)) : up_to(Seconds(15)));
    if (dice_.chance(0.1)) worsen_links();
  }
  sim_.to_right.down = sim_.to_left.down = false;
  rest();
  if (wrong_.empty()) expect_silence();
  IkeSwarmRun run;
  finish(run);
  return run;
}

}  // namespace

void IkeSwarmFigures::add(const IkeSwarmFigures& other) {
  messages += other.messages;
  children += other.children;
  child_rekeys += other.child_rekeys;
  ike_rekeys += other.ike_rekeys;
  established += other.established;
  restarts += other.restarts;
  moves += other.moves;
  leftovers += other.leftovers;
  packets += other.packets;
  packets_lost_by_links += other.packets_lost_by_links;
  packets_lost_by_ends += other.packets_lost_by_ends;
}

IkeSwarmRun run_ike_swarm(std::uint64_t seed, bool with_transcript) {
  return Life(seed, with_transcript).run();
}

}  // namespace hawser
