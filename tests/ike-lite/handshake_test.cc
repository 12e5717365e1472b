// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Handshake, TwoExchangesWithRawKeys) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- IKE_SA_INIT request 0 ---> right",
                                           "left  <--- IKE_SA_INIT response 0 --- right",
                                           "left  --- IKE_AUTH request 1 ---> right",
                                           "left  <--- IKE_AUTH response 1 --- right"));
  EXPECT_THAT(pair.left.events, ElementsAre("established", "child 1 installed", "sending on 1"));
  EXPECT_THAT(pair.right.events, ElementsAre("established", "child 1 installed", "sending on 1"));
  pair.expect_children_match();
  EXPECT_TRUE(pair.left.all<PeerEstablished>().at(0)->is_hawser);
  EXPECT_TRUE(pair.right.all<PeerEstablished>().at(0)->is_hawser);
  const IkePeerStatus status = pair.left.status(pair.now);
  EXPECT_EQ(status.state, "established");
  EXPECT_EQ(status.suite, "aes-256-gcm, hmac-sha-256, x25519");
  EXPECT_TRUE(status.we_initiated);
}

TEST(Handshake, TwoExchangesWithASharedKey) {
  EnginePair pair;
  pair.use_shared_key("a long and common secret", "a long and common secret");
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.expect_children_match();
  EXPECT_EQ(pair.transcript.size(), 4u);
}

}  // namespace
}  // namespace hawser
