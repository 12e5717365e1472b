// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The other end cannot prove that it is the peer. It takes the IKE SA for established; until the
// Delete has reached it, nothing that it asks for is done or answered.
TEST(Impostor, IsNotListenedToWhileItIsBeingTold) {
  EnginePair pair;
  pair.left.peer.auth = RawKeyAuth{IdentityPrivateKey::generate(pair.left.random).public_key()};
  pair.lose = [](const Datagram& datagram) {
    return datagram.from == "left" && describe(datagram).starts_with("INFORMATIONAL");
  };
  pair.start();
  ASSERT_TRUE(pair.run_until([&] { return !pair.right.all<PeerEstablished>().empty(); }));
  pair.run_for(Milliseconds(50));
  EXPECT_TRUE(pair.right.engine->rekey_child(PeerId(1), pair.now));
  pair.collect(pair.right);
  pair.run_for(Seconds(2));
  EXPECT_THAT(pair.transcript, Contains(HasSubstr("<--- CREATE_CHILD_SA request 0")));
  EXPECT_THAT(pair.transcript, Each(Not(HasSubstr("CREATE_CHILD_SA response"))));
  EXPECT_TRUE(pair.left.all<PeerEstablished>().empty());
  EXPECT_TRUE(pair.left.all<ChildInstalled>().empty());
  EXPECT_TRUE(pair.left.all<PeerPathChanged>().empty());
  EXPECT_THAT(pair.left.events, Each(StartsWith("trouble: ")));
  EXPECT_EQ(pair.left.spis.in_use(), 0u);
}

}  // namespace
}  // namespace hawser
