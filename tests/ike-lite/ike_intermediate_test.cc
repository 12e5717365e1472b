// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_intermediate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"
#include "tests/ike-lite/fake_key_encapsulation.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class IkeIntermediateTest : public ::testing::Test {
 protected:
  IkeIntermediateTest() { fake_key_encapsulation() = {}; }
  EnginePair pair_;
};

TEST_F(IkeIntermediateTest, StandsBetweenTheTwoExchanges) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  // 1184 octets of the initiator are more than fit into one datagram.
  EXPECT_THAT(pair_.transcript, ElementsAre("left  --- IKE_SA_INIT request 0 ---> right",
                                            "left  <--- IKE_SA_INIT response 0 --- right",
                                            "left  --- IKE_INTERMEDIATE request 1 ---> right",
                                            "left  --- IKE_INTERMEDIATE request 1 ---> right",
                                            "left  <--- IKE_INTERMEDIATE response 1 --- right",
                                            "left  --- IKE_AUTH request 2 ---> right",
                                            "left  <--- IKE_AUTH response 2 --- right"));
  pair_.expect_children_match();
  for (const Site* site : {&pair_.left, &pair_.right}) {
    EXPECT_EQ(site->status(pair_.now).suite, "aes-256-gcm, hmac-sha-256, x25519, ml-kem-768");
  }
}

TEST_F(IkeIntermediateTest, WithASharedKeyAndPostQuantumKey) {
  pair_.use_shared_key("correct horse", "correct horse");
  const std::vector<std::uint8_t> ppk(32, 7);
  for (Site* site : {&pair_.left, &pair_.right}) {
    site->peer.post_quantum_key = PostQuantumKey{.id = "ppk", .key = Secret::copy_of(ppk)};
  }
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  pair_.expect_children_match();
}

TEST_F(IkeIntermediateTest, WithoutItInTheLibraryNothingIsSaidOfIt) {
  fake_key_encapsulation().is_available = false;
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  EXPECT_EQ(pair_.transcript.size(), 4u);
  EXPECT_EQ(pair_.left.status(pair_.now).suite, "aes-256-gcm, hmac-sha-256, x25519");
}

// Each datagram in turn is lost once: also the answer that was sealed before the keys changed.
TEST_F(IkeIntermediateTest, AnyDatagramMayBeLost) {
  for (std::size_t lost = 0; lost < 7; ++lost) {
    SCOPED_TRACE(lost);
    EnginePair pair;
    std::size_t sent = 0;
    pair.lose = [&](const Datagram&) { return sent++ == lost; };
    pair.start();
    ASSERT_TRUE(pair.run_until_established());
    pair.expect_children_match();
    EXPECT_EQ(pair.right.engine->counters().not_authentic, 0u);
    EXPECT_EQ(pair.right.engine->counters().ike_sas, 1u);
  }
}

TEST_F(IkeIntermediateTest, AChangedDatagramIsAsGoodAsLost) {
  bool changed = false;
  pair_.change = [&](Datagram& datagram) {
    if (changed || !describe(datagram).starts_with("IKE_INTERMEDIATE request")) return;
    datagram.bytes.back() ^= 1;
    changed = true;
  };
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  EXPECT_EQ(pair_.right.engine->counters().not_authentic, 1u);
}

TEST_F(IkeIntermediateTest, ABadValueEndsTheAttempt) {
  fake_key_encapsulation().refuses_public_values = true;
  pair_.start();
  pair_.run_for(Milliseconds(100));
  EXPECT_THAT(pair_.left.events, Contains(HasSubstr("has no value of ML-KEM")));
  EXPECT_TRUE(pair_.left.children().empty());
  EXPECT_TRUE(pair_.right.children().empty());

  fake_key_encapsulation().refuses_public_values = false;
  ASSERT_TRUE(pair_.run_until_established()) << "it is tried again";
}

// ML-KEM does not say so when secrets differ (FIPS 203 section 6.3): the next message is just not
// authentic.
TEST_F(IkeIntermediateTest, UnlikeSecretsDoNotAuthenticate) {
  fake_key_encapsulation().gives_wrong_secrets = true;
  pair_.start();
  pair_.run_for(Seconds(10));
  EXPECT_GE(pair_.right.engine->counters().not_authentic, 3u);
  EXPECT_TRUE(pair_.left.all<PeerEstablished>().empty());
  EXPECT_TRUE(pair_.right.all<PeerEstablished>().empty());
}

// Rekeys have no additional key exchange: their keys come of those that had one.
TEST_F(IkeIntermediateTest, RekeysGoOnWithoutIt) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  pair_.transcript.clear();
  ASSERT_TRUE(pair_.left.engine->rekey_ike(PeerId(1), pair_.now));
  pair_.collect(pair_.left);
  pair_.run_for(Seconds(1));
  ASSERT_TRUE(pair_.right.engine->rekey_child(PeerId(1), pair_.now));
  pair_.collect(pair_.right);
  pair_.run_for(Seconds(20));
  pair_.expect_children_match();
  EXPECT_EQ(pair_.left.status(pair_.now).ike_rekeys, 1u);
  EXPECT_EQ(pair_.left.status(pair_.now).suite, "aes-256-gcm, hmac-sha-256, x25519, ml-kem-768");
  for (const std::string& line : pair_.transcript) {
    EXPECT_EQ(line.find("INTERMEDIATE"), std::string::npos);
  }
}

}  // namespace
}  // namespace hawser
