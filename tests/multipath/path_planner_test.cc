// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

using Kind = PlanChange::Kind;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
TransportAddress at(std::string_view text) { return {.address = ip(text), .port = 4500}; }

LocalLink link(unsigned index, std::vector<IpAddress> addresses) {
  return {.index = index,
          .name = "eth" + std::to_string(index),
          .up = true,
          .mtu = 1500,
          .addresses = std::move(addresses),
          .unreachable = {}};
}

std::vector<Kind> kinds(const std::vector<PlanChange>& changes) {
  std::vector<Kind> kinds;
  for (const PlanChange& change : changes) kinds.push_back(change.kind);
  return kinds;
}

class PathPlannerTest : public testing::Test {
 protected:
  void SetUp() override {
    input_.links = {link(1, {ip("10.1.0.2")}), link(2, {ip("10.2.0.2")})};
    input_.remotes = {at("192.0.2.1")};
    planner_.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  }
  std::vector<PlanChange> update() { return planner_.update(input_); }
  const PlannedPath& path(std::uint32_t slot) {
    return *std::ranges::find(planner_.paths(), PathId(slot), &PlannedPath::path);
  }
  PlanInput input_;
  PathPlanner planner_{{.slots = 4}};
};

TEST_F(PathPlannerTest, FirstPathHasSlotZeroAndEachOtherLinkTheNext) {
  const auto changes = update();
  ASSERT_EQ(kinds(changes), (std::vector{Kind::kAdd, Kind::kAdd}));
  EXPECT_EQ(changes[0].path.path, PathId(0));
  EXPECT_EQ(changes[0].path.link, 1u);
  EXPECT_EQ(changes[0].path.name, "eth1");
  EXPECT_EQ(changes[1].path.path, PathId(1));
  EXPECT_EQ(changes[1].path.link, 2u);
  EXPECT_EQ(changes[1].path.addresses,
            (AddressPair{.local = at("10.2.0.2"), .remote = at("192.0.2.1")}));
  EXPECT_TRUE(update().empty()) << "nothing has changed";
}

TEST_F(PathPlannerTest, ResponderTakesSlotsFromTheTop) {
  PathPlanner planner({.slots = 4, .is_initiator = false});
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  const auto changes = planner.update(input_);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[1].path.path, PathId(3));
}

TEST_F(PathPlannerTest, ResponderThatKnowsNoAddressesAddsNone) {
  PathPlanner planner({.slots = 4, .is_initiator = false});
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  input_.remotes.clear();
  EXPECT_EQ(planner.update(input_).size(), 1u);
}

TEST_F(PathPlannerTest, PathKeepsItsSlotWhenItsLinkComesAndGoes) {
  update();
  input_.links.push_back(link(3, {ip("10.3.0.2")}));
  EXPECT_EQ(kinds(update()), std::vector{Kind::kAdd});

  input_.links[1].up = false;
  input_.links[1].addresses.clear();
  auto changes = update();
  ASSERT_EQ(kinds(changes), std::vector{Kind::kLink});
  EXPECT_EQ(changes[0].path.path, PathId(1));
  EXPECT_FALSE(changes[0].path.is_up);
  EXPECT_EQ(changes[0].path.reason, "eth2 is switched off or has no carrier");
  EXPECT_EQ(changes[0].path.addresses.local, at("10.2.0.2")) << "which it may come back with";

  // Unplugged, and plugged in again: it has the next index then.
  const LocalLink gone = input_.links[1];
  input_.links.erase(input_.links.begin() + 1);
  update();
  EXPECT_EQ(path(1).reason, "eth2 is gone");
  input_.links.push_back(gone);
  input_.links.back().index = 9;
  input_.links.back().up = true;
  input_.links.back().addresses = {ip("10.2.0.77")};
  changes = update();
  ASSERT_EQ(kinds(changes), std::vector{Kind::kMove});
  EXPECT_EQ(changes[0].path.path, PathId(1));
  EXPECT_EQ(changes[0].path.link, 9u);
  EXPECT_TRUE(changes[0].path.is_up);
  EXPECT_EQ(changes[0].path.addresses.local, at("10.2.0.77"));
}

TEST_F(PathPlannerTest, AddressOfALinkThatChangesMovesItsPathsOnly) {
  update();
  input_.links[0].addresses = {ip("10.1.0.99")};
  const auto changes = update();
  ASSERT_EQ(kinds(changes), std::vector{Kind::kMove});
  EXPECT_EQ(changes[0].path.path, PathId(0));
  EXPECT_EQ(changes[0].path.addresses.local, at("10.1.0.99"));
  EXPECT_EQ(changes[0].path.addresses.remote, at("192.0.2.1"));
}

TEST_F(PathPlannerTest, AddressThatStaysIsKeptWhateverElseThereIs) {
  update();
  input_.links[0].addresses = {ip("10.1.0.99"), ip("10.1.0.2")};
  EXPECT_TRUE(update().empty());
}

TEST_F(PathPlannerTest, OnlyPairsOfOneFamilyAndScope) {
  input_.links = {link(1, {ip("10.1.0.2"), ip("fe80::1"), ip("2001:db8::2")}),
                  link(2, {ip("fd00::2")}), link(3, {ip("127.0.0.1")})};
  input_.remotes = {at("192.0.2.1"), at("2001:db8:1::1")};
  update();
  std::set<std::string> pairs;
  for (const PlannedPath& planned : planner_.paths()) {
    pairs.insert(planned.addresses.local.address.to_string() + " " +
                 planned.addresses.remote.address.to_string());
  }
  EXPECT_EQ(pairs, (std::set<std::string>{"10.1.0.2 192.0.2.1", "2001:db8::2 2001:db8:1::1"}));
}

TEST_F(PathPlannerTest, LinkWithoutARouteIsNotTriedUntilItHasOne) {
  input_.links[1].unreachable = {ip("192.0.2.1")};
  EXPECT_EQ(update().size(), 1u);
  input_.links[1].unreachable.clear();
  EXPECT_EQ(kinds(update()), std::vector{Kind::kAdd});
  input_.links[1].unreachable = {ip("192.0.2.1")};
  EXPECT_EQ(kinds(update()), std::vector{Kind::kLink});
  EXPECT_EQ(path(1).reason, "eth2 has no route to 192.0.2.1");
}

TEST_F(PathPlannerTest, EveryLinkComesBeforeASecondPathOverOne) {
  input_.remotes = {at("192.0.2.1"), at("192.0.2.2"), at("192.0.2.3")};
  input_.links.push_back(link(3, {ip("10.3.0.2")}));
  update();
  ASSERT_EQ(planner_.paths().size(), 4u);
  std::set<unsigned> links;
  for (const PlannedPath& planned : planner_.paths()) links.insert(planned.link);
  EXPECT_EQ(links, (std::set<unsigned>{1, 2, 3}));
  // And every remote address before a second path to one.
  EXPECT_NE(path(1).addresses.remote, path(2).addresses.remote);
}

TEST_F(PathPlannerTest, PreferredLinkGetsTheSlot) {
  PathPlanner planner({.slots = 2});
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  input_.links.push_back(link(3, {ip("10.3.0.2")}));
  input_.configs = {{.name = "lte", .interface = "eth2", .preference = {.metered = true}}};
  planner.update(input_);
  EXPECT_EQ(planner.paths()[1].link, 3u);

  PathPlanner other({.slots = 2});
  other.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  input_.configs[0].preference = {.priority = 1, .metered = true};
  other.update(input_);
  EXPECT_EQ(other.paths()[1].link, 2u);
  EXPECT_EQ(other.paths()[1].name, "lte");
}

TEST_F(PathPlannerTest, ConfigIsFollowedAtRunTime) {
  input_.configs = {{.name = "lte", .interface = "eth2", .enabled = false}};
  EXPECT_EQ(update().size(), 1u) << "switched off before it was there";
  input_.configs[0].enabled = true;
  EXPECT_EQ(kinds(update()), std::vector{Kind::kAdd});
  input_.configs[0].enabled = false;
  auto changes = update();
  ASSERT_EQ(kinds(changes), std::vector{Kind::kPreference});
  EXPECT_FALSE(changes[0].path.is_enabled);
  EXPECT_EQ(changes[0].path.reason, "switched off by [path.lte]");
  input_.configs[0] = {.name = "lte", .interface = "eth2", .preference = {.cost = 5}};
  changes = update();
  ASSERT_EQ(kinds(changes), std::vector{Kind::kPreference});
  EXPECT_TRUE(changes[0].path.is_enabled);
  EXPECT_EQ(changes[0].path.preference.cost, 5);
}

TEST_F(PathPlannerTest, RemoteAddressThatIsNoMoreTakesItsPathsAlong) {
  input_.remotes.push_back(at("192.0.2.2"));
  update();
  EXPECT_EQ(planner_.paths().size(), 4u);
  input_.remotes.pop_back();
  EXPECT_EQ(kinds(update()), (std::vector{Kind::kRemove, Kind::kRemove}));
  EXPECT_EQ(planner_.paths().size(), 2u);
  input_.remotes.clear();
  update();
  EXPECT_EQ(planner_.paths().front().path, PathId(0)) << "IKE knows better where it is";
}

TEST_F(PathPlannerTest, GoneLinkGivesItsSlotUpWhenItIsNeeded) {
  PathPlanner planner({.slots = 2});
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  planner.update(input_);
  input_.links[1] = link(5, {ip("10.5.0.2")});
  const auto changes = planner.update(input_);
  ASSERT_EQ(kinds(changes), std::vector{Kind::kMove});
  EXPECT_EQ(changes[0].path.link, 5u);
}

TEST_F(PathPlannerTest, PathThatBothEndsBeganIsTheInitiators) {
  const AddressPair pair{.local = at("10.2.0.2"), .remote = at("192.0.2.1")};
  update();
  input_.of_peer = {{.path = PathId(3), .addresses = pair}};
  EXPECT_TRUE(update().empty()) << "we are the initiator";

  PathPlanner planner({.slots = 4, .is_initiator = false});
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  input_.of_peer.clear();
  planner.update(input_);
  EXPECT_EQ(planner.paths().size(), 2u);
  input_.of_peer = {{.path = PathId(1), .addresses = pair}};
  EXPECT_EQ(kinds(planner.update(input_)), std::vector{Kind::kRemove});
  EXPECT_TRUE(planner.update(input_).empty()) << "and not begun again";
}

TEST_F(PathPlannerTest, LinkOfTheFirstPathShowsWhenItsAddressDoes) {
  PathPlanner planner({.slots = 4});
  planner.set_first({.local = TransportAddress(), .remote = at("192.0.2.1")});
  planner.update(input_);
  EXPECT_EQ(planner.paths()[0].link, 0u);
  EXPECT_TRUE(planner.paths()[0].is_up);
  planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
  planner.update(input_);
  EXPECT_EQ(planner.paths()[0].link, 1u);
}

// Whatever happens to links and remotes: what the changes say is what the plan is, slots are used
// once, and a path whose link is there and up is up.
TEST_F(PathPlannerTest, PathOfThePeerIsOnTheLinkThatItsAddressSays) {
  PlannedPath path{.path = PathId(3), .addresses = {at("10.2.0.2"), at("198.51.100.9")}};
  planner_.describe(input_, path);
  EXPECT_EQ(path.link, 2u);
  EXPECT_EQ(path.interface, "eth2");
  EXPECT_TRUE(path.is_up);
  input_.links[1].up = false;
  planner_.describe(input_, path);
  EXPECT_FALSE(path.is_up);
  EXPECT_EQ(path.reason, "eth2 is switched off or has no carrier");
}

TEST_F(PathPlannerTest, PathOfThePeerIsOnNoLinkThatDoesNotLeadThere) {
  input_.links[1].unreachable = {ip("198.51.100.9")};
  PlannedPath path{.path = PathId(3), .addresses = {at("10.2.0.2"), at("198.51.100.9")}};
  planner_.describe(input_, path);
  EXPECT_EQ(path.link, 0u);
  EXPECT_TRUE(path.is_up);
}

TEST_F(PathPlannerTest, ChangesAddUpToThePlan) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    PathPlanner planner({.slots = 2 + random.below(7), .is_initiator = random.chance(0.5)});
    planner.set_first({.local = at("10.1.0.2"), .remote = at("192.0.2.1")});
    std::map<PathId, PlannedPath> known;
    for (int step = 0; step < 40; ++step) {
      PlanInput input;
      for (unsigned i = 1; i <= 6; ++i) {
        if (random.chance(0.3)) continue;
        input.links.push_back(link(i, {}));
        input.links.back().up = random.chance(0.7);
        for (unsigned j = 0; j < random.below(3); ++j) {
          const std::string host = std::to_string(random.below(3) + 2);
          input.links.back().addresses.push_back(ip("10." + std::to_string(i) + ".0." + host));
        }
      }
      for (unsigned i = 1; i <= 4; ++i) {
        if (random.chance(0.6)) input.remotes.push_back(at("192.0.2." + std::to_string(i)));
      }
      for (const PlanChange& change : planner.update(input)) {
        ASSERT_EQ(known.contains(change.path.path), change.kind != Kind::kAdd) << seed;
        known[change.path.path] = change.path;
        if (change.kind == Kind::kRemove) known.erase(change.path.path);
      }
      ASSERT_EQ(known.size(), planner.paths().size()) << seed;
      for (const PlannedPath& planned : planner.paths()) {
        ASSERT_EQ(known.at(planned.path), planned) << seed;
        if (!planned.is_up || planned.link == 0) continue;
        const auto on = std::ranges::find(input.links, planned.link, &LocalLink::index);
        ASSERT_TRUE(on != input.links.end() && on->up) << seed;
        ASSERT_TRUE(std::ranges::count(on->addresses, planned.addresses.local.address)) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace hawser
