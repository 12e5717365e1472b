// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

void crash(EnginePair& pair, Site& site) {
  site.engine.reset();
  site.spis = CountingSpis();
  site.events.clear();
  site.raw_events.clear();
  pair.restart(site);
}

// One of what people, networks and systems do to an engine.
std::string disturb(EnginePair& pair, SeededRandom& fate) {
  Site& site = fate.chance(0.5) ? pair.left : pair.right;
  const PeerId peer(1);
  std::string what;
  switch (fate.below(8)) {
    case 0:
      crash(pair, site);
      return site.name + " crashes";
    case 1:
      site.engine->terminate(peer, pair.now);
      site.engine->initiate(peer, pair.now);
      what = " ends it and begins anew";
      break;
    case 2:
      site.engine->rekey_child(peer, pair.now);
      what = " rekeys the child";
      break;
    case 3:
      site.engine->rekey_ike(peer, pair.now);
      what = " rekeys the IKE SA";
      break;
    case 4:
      site.engine->handle_link_change(pair.now);
      what = " has another link";
      break;
    case 5:
      site.peer.child_sas = 1 + static_cast<unsigned>(fate.below(3));
      pair.configure(site);
      what = " is configured anew";
      break;
    case 6:
      pair.left.engine->rekey_ike(peer, pair.now);
      pair.right.engine->rekey_ike(peer, pair.now);
      pair.collect(pair.left);
      pair.collect(pair.right);
      return "both rekey the IKE SA";
    default:
      pair.left.engine->rekey_child(peer, pair.now);
      pair.right.engine->rekey_ike(peer, pair.now);
      pair.collect(pair.left);
      pair.collect(pair.right);
      return "one rekeys the child, the other the IKE SA";
  }
  pair.collect(site);
  return site.name + what;
}

void expect_one_of_each(const EnginePair& pair) {
  const auto pairs = std::max(pair.left.peer.child_sas, pair.right.peer.child_sas);
  for (const Site* site : {&pair.left, &pair.right}) {
    EXPECT_EQ(site->engine->counters().ike_sas, 1u) << site->name;
    EXPECT_EQ(site->engine->counters().half_open, 0u) << site->name;
    EXPECT_EQ(site->children().size(), 1u) << site->name;
    EXPECT_EQ(site->spis.in_use(), pairs) << site->name;
  }
  pair.expect_children_match();
}

// Whatever was done to two engines, in the end there is one IKE SA with one child.
void live(std::uint64_t seed) {
  EnginePair pair(seed);
  SeededRandom fate(seed + 7000);
  std::string story = "seed " + std::to_string(seed);
  pair.left.options.requests_per_second = pair.right.options.requests_per_second = 1000;
  pair.right.peer.endpoint = TransportAddress{pair.left.address, 4500};
  const double loss = 0.1 * static_cast<double>(fate.below(4));
  pair.lose = [&fate, loss](const Datagram&) { return fate.chance(loss); };
  pair.start();
  for (int i = 0; i < 12; ++i) {
    pair.run_for(Milliseconds(fate.below(fate.chance(0.5) ? 100 : 20'000)));
    story += "; " + disturb(pair, fate);
  }
  SCOPED_TRACE(story);
  pair.lose = nullptr;
  pair.run_for(Seconds(400));
  expect_one_of_each(pair);
}

TEST(EngineSwarm, InTheEndThereIsOneOfEach) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) live(seed);
}

// An IKE SA that was ended while its child was rekeyed took the sending over.
TEST(EngineSwarm, WhatOnceWentWrong) { live(439); }

}  // namespace
}  // namespace hawser
