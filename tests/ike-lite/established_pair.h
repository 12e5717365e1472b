// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {

// Randomness of one end; what may be a nonce can be made to begin with a chosen octet.
class NonceRandom final : public Random {
 public:
  explicit NonceRandom(std::uint64_t seed) : random_(seed) {}
  void fill(MutableByteSpan bytes) override {
    random_.fill(bytes);
    if (first_octet && bytes.size() == 32) bytes[0] = *first_octet;
  }
  std::optional<std::uint8_t> first_octet;

 private:
  SeededRandom random_;
};

// Two engines with an IKE SA and a child; transcript and events begin after that.
struct EstablishedPair : EnginePair {
  explicit EstablishedPair(std::uint64_t seed = 1)
      : EnginePair(seed), left_random(seed * 2), right_random(seed * 2 + 1) {
    left.options.random = &left_random;
    right.options.random = &right_random;
    // Silence makes no noise in a transcript.
    left.peer.dead_peer_interval = right.peer.dead_peer_interval = Seconds(0);
  }
  void establish() {
    start();
    ASSERT_TRUE(run_until_established());
    forget();
  }
  // Nobody begins a second IKE SA because the first one does not answer for a while.
  void keep_to_this_ike_sa() {
    left.peer.initiate = false;
    configure(left);
  }
  void forget() {
    transcript.clear();
    left.events.clear();
    right.events.clear();
  }
  void rekey_child(Site& site) {
    ASSERT_TRUE(site.engine->rekey_child(PeerId(1), now));
    collect(site);
  }
  void rekey_ike(Site& site) {
    ASSERT_TRUE(site.engine->rekey_ike(PeerId(1), now));
    collect(site);
  }
  // What all stories must end with: one child at each end, the same one, and no SPI leaked.
  void expect_at_rest() {
    expect_children_match();
    EXPECT_EQ(left.children().size(), 1u);
    EXPECT_EQ(right.children().size(), 1u);
    for (const Site* site : {&left, &right}) {
      if (site->sending()) {
        EXPECT_EQ(site->spis.in_use(), site->installed(*site->sending())->sas.size());
      }
      const IkePeerStatus status = site->status(now);
      EXPECT_EQ(status.state, "established");
      EXPECT_EQ(status.children.size(), 1u);
      EXPECT_EQ(site->engine->counters().ike_sas, 1u) << site->name;
    }
    EXPECT_EQ(left.status(now).spi_initiator, right.status(now).spi_initiator);
    EXPECT_EQ(left.status(now).spi_responder, right.status(now).spi_responder);
  }

  NonceRandom left_random;
  NonceRandom right_random;
};

}  // namespace hawser
