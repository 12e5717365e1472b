// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_attack.h"

#include <algorithm>
#include <utility>

#include "ike-lite/ike_message.h"
#include "tests/sim/ike_spy.h"
#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

// A handshake that leads nowhere is given up after 30 s and begun again after 60 s at the latest.
constexpr Duration kRetryTime = Seconds(100);
constexpr Duration kSetupTime = Seconds(5);

bool belongs_to(const IkeScene& scene, const IkeDatagram& datagram) {
  const Result<IkeHeader, WireFailure> header = IkeHeader::parse(datagram.message());
  return header && header->exchange == static_cast<std::uint8_t>(scene.exchange) &&
         header->is_response == scene.is_response;
}

// All that the two ends agreed about each other.
std::vector<std::string> agreement(const IkeSimulation& sim) {
  std::vector<std::string> all;
  for (const IkeHost* host : {&sim.left, &sim.right}) {
    const IkePeerStatus status = host->status(sim.now);
    if (status.state != "established") continue;
    all.push_back(host->spec.name + ": " + status.suite + ", " + status.local_identity + ", " +
                  status.remote_identity + (status.is_hawser ? ", hawser" : "") +
                  (status.post_quantum_key ? ", ppk" : ""));
    for (const ChildStatus& child : status.children) all.back() += ", " + child.suite;
  }
  return all;
}

class Stage {
 public:
  Stage(const IkeAttack& attack, bool record)
      : attack_(attack),
        sim_({.seed = attack.left.seed,
              .left = attack.left,
              .right = attack.right,
              .packet_interval = Milliseconds(100),
              .record = record}) {}

  void cause() {
    if (attack_.scene.cause == IkeScene::Cause::kBegin) return sim_.start();
    if (attack_.scene.cause == IkeScene::Cause::kMove) {
      return sim_.move(sim_.left, transport("198.51.100.7:4500"));
    }
    sim_.act(sim_.left, [this](IkeEngine& engine) {
      attack_.scene.cause == IkeScene::Cause::kChildRekey
          ? engine.rekey_child(IkeHost::kPeer, sim_.now)
          : engine.rekey_ike(IkeHost::kPeer, sim_.now);
    });
  }
  void set_up() {
    if (attack_.scene.cause == IkeScene::Cause::kBegin) return;
    sim_.start();
    sim_.run_for(kSetupTime);
  }
  IkeSimulation& sim() { return sim_; }

 private:
  const IkeAttack& attack_;
  IkeSimulation sim_;
};

std::vector<std::string> agreement_without_attack(const IkeAttack& attack) {
  IkeAttack calm = attack;
  calm.scene.cause = IkeScene::Cause::kBegin;
  Stage stage(calm, false);
  stage.cause();
  stage.sim().run_for(kSetupTime);
  return agreement(stage.sim());
}

// Of lines about an end, those that nobody would say without an attack. Only of ends that are up
// with each other: the responder cannot know that its answer was edited before the initiator says
// so.
void expect_agreement(const std::vector<std::string>& wanted, const IkeSimulation& sim,
                      std::vector<std::string>& wrong) {
  if (!sim.is_up()) return;
  for (const std::string& line : agreement(sim)) {
    const bool is_known = std::ranges::any_of(wanted, [&](const std::string& good) {
      // Children come and go; the first suite names the first child's.
      return line.substr(0, good.find(", aes-256-gcm, esn")) ==
             good.substr(0, good.find(", aes-256-gcm, esn"));
    });
    if (!is_known) wrong.push_back("deceived: " + line);
  }
}

std::vector<std::string> perform(const IkeAttack& attack, Stage& stage,
                                 const std::vector<std::string>& wanted) {
  IkeSimulation& sim = stage.sim();
  std::vector<std::string> wrong;
  stage.set_up();
  bool was_there = false;
  sim.attacker = [&](const IkeDatagram& datagram) {
    if (!belongs_to(attack.scene, datagram)) return false;
    was_there = true;
    attack.act(sim, datagram);
    return true;
  };
  stage.cause();
  const TimePoint end = sim.now + attack.duration;
  while (sim.now < end) {
    sim.run_for(Milliseconds(100));
    expect_agreement(wanted, sim, wrong);
  }
  sim.attacker = nullptr;
  if (!was_there) wrong.push_back("the attacker had nothing to attack");
  const auto is_well = [&sim] { return sim.is_only_waiting_for_delete(); };
  if (!sim.run_until(is_well, kRetryTime)) {
    for (const std::string& what : sim.check_at_rest()) wrong.push_back("afterwards: " + what);
  }
  expect_agreement(wanted, sim, wrong);
  for (const std::string& what : sim.violations()) wrong.push_back(what);
  return wrong;
}

IkeScene scene(const char* name, IkeScene::Cause cause, ExchangeType exchange, bool is_response) {
  return {.name = std::string(name) + (is_response ? " response" : " request"),
          .cause = cause,
          .exchange = exchange,
          .is_response = is_response};
}

}  // namespace

const std::vector<IkeScene>& ike_scenes() {
  static const std::vector<IkeScene> all = [] {
    std::vector<IkeScene> scenes;
    using Cause = IkeScene::Cause;
    for (const bool is_response : {false, true}) {
      scenes.push_back(scene("init", Cause::kBegin, ExchangeType::kIkeSaInit, is_response));
      scenes.push_back(scene("auth", Cause::kBegin, ExchangeType::kIkeAuth, is_response));
      scenes.push_back(
          scene("child rekey", Cause::kChildRekey, ExchangeType::kCreateChildSa, is_response));
      scenes.push_back(
          scene("ike rekey", Cause::kIkeRekey, ExchangeType::kCreateChildSa, is_response));
      scenes.push_back(
          scene("child delete", Cause::kChildRekey, ExchangeType::kInformational, is_response));
      scenes.push_back(
          scene("ike delete", Cause::kIkeRekey, ExchangeType::kInformational, is_response));
      scenes.push_back(scene("mobike", Cause::kMove, ExchangeType::kInformational, is_response));
    }
    return scenes;
  }();
  return all;
}

IkeAttack make_ike_attack(const IkeScene& scene, std::uint64_t seed) {
  IkeAttack attack{.scene = scene,
                   .left = {.name = "left", .home = transport("192.0.2.1:4500"), .seed = 2 * seed},
                   .right = {.name = "right",
                             .home = transport("192.0.2.2:4500"),
                             .seed = 2 * seed + 1,
                             .initiates = false,
                             .knows_endpoint = false}};
  return attack;
}

std::string outcome_of(const IkeAttack& attack) {
  const std::vector<std::string> wanted = agreement_without_attack(attack);
  if (wanted.size() != 2) return "no tunnel even without an attack";
  Stage stage(attack, false);
  const std::vector<std::string> wrong = perform(attack, stage, wanted);
  if (wrong.empty()) return {};
  std::string text;
  for (const std::string& what : wrong) text += what + "\n";
  Stage again(attack, true);
  perform(attack, again, wanted);
  return text + transcript_of(again.sim());
}

std::vector<IkeDatagram> messages_of(const IkeAttack& attack) {
  Stage stage(attack, false);
  std::vector<IkeDatagram> messages;
  stage.set_up();
  stage.sim().attacker = [&](const IkeDatagram& datagram) {
    if (belongs_to(attack.scene, datagram)) messages.push_back(datagram);
    return false;
  };
  stage.cause();
  stage.sim().run_for(kSetupTime);
  return messages;
}

IkeDatagram reflected(IkeDatagram datagram) {
  std::swap(datagram.source, datagram.destination);
  datagram.to_right = !datagram.to_right;
  return datagram;
}

IkeDatagram with_message(const IkeDatagram& datagram, ByteSpan message) {
  IkeDatagram changed = datagram;
  changed.bytes.resize(datagram.bytes.size() - datagram.message().size());
  changed.bytes.insert(changed.bytes.end(), message.begin(), message.end());
  return changed;
}

}  // namespace hawser
