// SPDX-License-Identifier: Apache-2.0
#include "cli/lease_pool.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

IkeIdentity peer(int number) {
  return *IkeIdentity::parse("peer" + std::to_string(number) + ".lab");
}

std::string text(const std::optional<IpAddress>& address) {
  return address ? address->to_string() : "none";
}

LeasePool pool(std::initializer_list<std::string_view> networks,
               std::initializer_list<std::string_view> ours = {}) {
  const auto parse = [](std::initializer_list<std::string_view> texts) {
    std::vector<IpPrefix> prefixes;
    for (const std::string_view one : texts) prefixes.push_back(*IpPrefix::parse(one));
    return prefixes;
  };
  LeasePool result;
  result.set_networks(parse(networks), parse(ours));
  return result;
}

TEST(LeasePool, GivesEachItsOwnAndTheSameAgain) {
  LeasePool leases = pool({"10.99.0.0/24", "fd99::/64"}, {"10.99.0.2/24"});
  EXPECT_EQ(text(leases.lease(peer(1), IpFamily::kV4)), "10.99.0.3")
      << "neither the network, nor the first, nor ours";
  EXPECT_EQ(text(leases.lease(peer(2), IpFamily::kV4)), "10.99.0.4");
  EXPECT_EQ(text(leases.lease(peer(1), IpFamily::kV4)), "10.99.0.3");
  EXPECT_EQ(text(leases.lease(peer(1), IpFamily::kV6)), "fd99::2");
  leases.release(peer(1));
  EXPECT_EQ(text(leases.lease(peer(3), IpFamily::kV4)), "10.99.0.5") << "kept while there is room";
  EXPECT_EQ(text(leases.lease(peer(1), IpFamily::kV4)), "10.99.0.3");
}

TEST(LeasePool, HasNothingOfAFamilyWithoutNetwork) {
  LeasePool leases = pool({"10.99.0.0/24"});
  EXPECT_EQ(leases.lease(peer(1), IpFamily::kV6), std::nullopt);
  EXPECT_EQ(pool({}).lease(peer(1), IpFamily::kV4), std::nullopt);
}

// .0 the network, .1 ours by custom, .7 broadcast: five are left.
TEST(LeasePool, WhenItRunsDryTheLongestUnusedGoes) {
  LeasePool leases = pool({"10.99.0.0/29"});
  for (int i = 0; i < 5; ++i) ASSERT_NE(leases.lease(peer(i), IpFamily::kV4), std::nullopt);
  EXPECT_EQ(leases.lease(peer(5), IpFamily::kV4), std::nullopt) << "all in use";
  leases.release(peer(3));
  leases.release(peer(1));
  EXPECT_EQ(text(leases.lease(peer(6), IpFamily::kV4)), "10.99.0.3") << "peer 1's, used before 3's";
  EXPECT_EQ(text(leases.lease(peer(7), IpFamily::kV4)), "10.99.0.5");
  EXPECT_EQ(leases.lease(peer(1), IpFamily::kV4), std::nullopt);
}

TEST(LeasePool, SurvivesARestart) {
  LeasePool before = pool({"10.99.0.0/24", "fd99::/64"});
  for (int i = 0; i < 3; ++i) (void)before.lease(peer(i), IpFamily::kV4);
  (void)before.lease(peer(2), IpFamily::kV6);
  EXPECT_TRUE(before.poll_changed());
  EXPECT_FALSE(before.poll_changed());
  LeasePool after = pool({"10.99.0.0/24", "fd99::/64"});
  ASSERT_TRUE(after.load(before.to_text())) << before.to_text();
  EXPECT_EQ(after.to_text(), before.to_text());
  EXPECT_EQ(text(after.lease(peer(9), IpFamily::kV4)), "10.99.0.5") << "not one that is leased";
  EXPECT_EQ(text(after.lease(peer(1), IpFamily::kV4)), "10.99.0.3");
  EXPECT_EQ(text(after.lease(peer(2), IpFamily::kV6)), "fd99::2");
}

TEST(LeasePool, AnotherPoolGivesOtherAddresses) {
  LeasePool before = pool({"10.99.0.0/24"});
  (void)before.lease(peer(1), IpFamily::kV4);
  LeasePool after = pool({"10.77.0.0/24"});
  ASSERT_TRUE(after.load(before.to_text()));
  EXPECT_EQ(text(after.lease(peer(1), IpFamily::kV4)), "10.77.0.2");
}

TEST(LeasePool, TakesNothingOfATextThatIsNotItsOwn) {
  LeasePool leases = pool({"10.99.0.0/24"});
  const std::string head = "hawser-leases 1\n";
  for (const std::string& bad :
       {std::string(), std::string("hawser-leases 2\n"), head + "10.99.0.2 2 61",
        head + "10.99.0.2 2 6\n", head + "10.99.0.2 300 61\n", head + "10.99.0 2 61\n",
        head + "10.99.0.2 2 zz\n", head + "10.99.0.2\n",
        head + "10.99.0.2 2 61\n10.99.0.2 2 62\n"}) {
    EXPECT_FALSE(leases.load(bad)) << bad;
  }
  EXPECT_EQ(leases.to_text(), head);
  EXPECT_TRUE(leases.load(head + "10.99.0.2 2 61\n"));
}

}  // namespace
}  // namespace hawser
