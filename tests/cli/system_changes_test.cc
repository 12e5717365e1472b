// SPDX-License-Identifier: Apache-2.0
// Changes to a network namespace of its own, and their end.
#include "cli/system_changes.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include "cli/forwarding.h"
#include "cli/hook.h"
#include "cli/sysctl.h"
#include "cli/tunnel_interface.h"
#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

const PolicyRule kMain{IpFamily::kV4, 32764, kMainTable, std::nullopt, 0};
const PolicyRule kOwn{IpFamily::kV6, 32765, 4500, 4500, std::nullopt};
constexpr const char* kForward = "net/ipv4/ip_forward";
constexpr const char* kMarked = "net/ipv4/conf/all/src_valid_mark";

class SystemChangesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // /proc/sys/net is that of the thread that looks.
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no right to make a network namespace";
  }
  std::unique_ptr<SystemChanges> open(const std::string& name = "hw0") {
    auto changes = SystemChanges::open(dir_.path(), name);
    EXPECT_TRUE(changes) << changes.error();
    return std::move(*changes);
  }
  static std::string value(const char* name) { return read_sysctl(name).value_or("?"); }
  static bool has_rule(std::uint32_t priority) {
    return Netlink::open()->policy_numbers()->priorities.contains(priority);
  }
  std::string file() const { return dir_.file("hw0.routes"); }

  TempDir dir_;
};

template <typename T>
std::string text_of(const Result<T, std::string>& result) {
  return result ? "" : result.error();
}

TEST_F(SystemChangesTest, AreUndoneWithTheObject) {
  {
    const auto changes = open();
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_EQ(text_of(changes->add_rule(kMain)), "");
    EXPECT_EQ(text_of(changes->add_rule(kOwn)), "");
    EXPECT_EQ(text_of(changes->add_rule(kOwn)), "") << "twice is once";
    EXPECT_EQ(text_of(changes->change_sysctls(forwarding_changes(IpFamily::kV4))), "");
    EXPECT_TRUE(has_rule(32764) && has_rule(32765));
    EXPECT_EQ(value(kForward), "1");
    EXPECT_TRUE(forwarding_is_on(IpFamily::kV4));
    EXPECT_EQ(changes->made().rules.size(), 2u);
    EXPECT_EQ(text_of(changes->remove_rule(kMain)), "");
    EXPECT_FALSE(has_rule(32764));
    EXPECT_EQ(SystemChangesMade::parse(read_text(file()))->rules, std::vector{kOwn});
  }
  EXPECT_FALSE(has_rule(32764) || has_rule(32765));
  EXPECT_EQ(value(kForward), "0");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SystemChangesTest, WhatAnEarlierRunLeftIsUndone) {
  std::string left;
  {
    const auto changes = open();
    ASSERT_EQ(text_of(changes->add_rule(kMain)), "");
    ASSERT_EQ(text_of(changes->change_sysctls(marked_reverse_path_changes())), "");
    left = read_text(file());
  }
  // As after a kill: the file is there, one of its things is, the other was never made.
  ASSERT_TRUE(Netlink::open()->add_rule(kMain));
  auto made = *SystemChangesMade::parse(left);
  made.rules.push_back(kOwn);
  dir_.write("hw0.routes", made.to_text());
  ASSERT_TRUE(write_sysctl(kMarked, "1"));
  const auto changes = open();
  EXPECT_FALSE(has_rule(32764));
  EXPECT_EQ(value(kMarked), "0");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SystemChangesTest, ADamagedFileHarmsNothing) {
  for (const char* text : {"{", "[]", "{\"rules\": 1}", "\x01\xff",
                           "{\"rules\":[],\"firewall\":false,"
                           "\"sysctls\":[{\"name\":\"../../etc/passwd\",\"before\":\"x\"}]}"}) {
    dir_.write("hw0.routes", text);
    EXPECT_FALSE(SystemChangesMade::parse(text)) << text;
    open();
  }
}

TEST_F(SystemChangesTest, TheLastTunnelPutsASettingBack) {
  auto first = open("hw0");
  auto second = open("hw1");
  ASSERT_EQ(text_of(first->change_sysctls(marked_reverse_path_changes())), "");
  ASSERT_EQ(text_of(second->change_sysctls(marked_reverse_path_changes())), "");
  first.reset();
  EXPECT_EQ(value(kMarked), "1") << "the other one needs it";
  second.reset();
  EXPECT_EQ(value(kMarked), "0");
  ASSERT_TRUE(write_sysctl(kMarked, "1"));
  first = open("hw0");
  ASSERT_EQ(text_of(first->change_sysctls(marked_reverse_path_changes())), "");
  first.reset();
  EXPECT_EQ(value(kMarked), "1") << "it was like that before";
}

TEST_F(SystemChangesTest, TheFirewallComesAndGoes) {
  FirewallPlan plan{"hw0", 4500, true, 4500};
  const auto installed = install_firewall(plan);
  if (!installed) GTEST_SKIP() << installed.error();
  EXPECT_EQ(text_of(install_firewall(plan)), "") << "twice is once";
  EXPECT_EQ(text_of(remove_firewall("hw0")), "");
  EXPECT_EQ(text_of(remove_firewall("hw0")), "") << "what is gone is gone";
  plan.device = "x\" y";
  EXPECT_THAT(text_of(install_firewall(plan)), HasSubstr("cannot make the nftables table"));
}

TEST(PolicyChoiceTest, TakesTheFirstFreeNumbers) {
  EXPECT_EQ(choose_policy({}, 4500).table, 4500u);
  EXPECT_EQ(choose_policy({}, 254).table, 256u) << "255 and less have names";
  PolicyNumbers taken{.tables = {4500, 4502}, .marks = {4501}, .priorities = {32766, 32767}};
  EXPECT_EQ(choose_policy(taken, 4500).table, 4503u);
  EXPECT_EQ(choose_policy(taken, 4500).priority, 32764u);
  taken.priorities.insert(32764);
  EXPECT_EQ(choose_policy(taken, 4500).priority, 32762u);
  const auto rules = policy_rules({4500, 32764}, IpFamily::kV4);
  EXPECT_EQ(rules,
            (std::vector<PolicyRule>{kMain, {IpFamily::kV4, 32765, 4500, 4500, std::nullopt}}));
}

TEST(FirewallTest, SaysWhatItIsAskedFor) {
  const std::string nat = firewall_commands({"hw0", 4500, true, std::nullopt});
  EXPECT_THAT(nat, HasSubstr("iifname \"hw0\" oifname != \"hw0\" masquerade"));
  EXPECT_THAT(nat, testing::Not(HasSubstr("mark")));
  const std::string mark = firewall_commands({"hw0", 4501, false, 4500});
  EXPECT_THAT(mark, HasSubstr("udp dport 4501 fib daddr type local meta mark set 4500"));
  EXPECT_THAT(mark, testing::Not(HasSubstr("masquerade")));
}

TEST(HookTest, RunsWithTheDeviceAndReportsFailure) {
  const TempDir dir;
  const std::string out = dir.file("out");
  int turns = 0;
  const auto meanwhile = [&] {
    usleep(2000);
    return ++turns < 500;
  };
  EXPECT_EQ(text_of(run_hook({"post-up", "echo $HAWSER_INTERFACE > " + out, "hw7"}, meanwhile)),
            "");
  EXPECT_EQ(read_text(out), "hw7\n");
  EXPECT_EQ(text_of(run_hook({"post-up", "exit 3", "hw7"}, meanwhile)),
            "post-up failed: `exit 3` ended with 3");
  EXPECT_THAT(text_of(run_hook({"pre-down", "kill -9 $$", "hw7"}, meanwhile)),
              HasSubstr("was killed by signal 9"));
}

TEST(HookTest, IsKilledWithItsChildrenWhenItTakesTooLong) {
  const TempDir dir;
  const std::string out = dir.file("out");
  const auto meanwhile = [] { return usleep(2000) == 0; };
  EXPECT_THAT(text_of(run_hook({"post-up", "(sleep 1; echo late > " + out + ") & wait", "hw7"},
                               meanwhile, Milliseconds(100))),
              HasSubstr("and was killed"));
  EXPECT_THAT(text_of(run_hook({"post-up", "sleep 60", "hw7"}, [] { return false; })),
              HasSubstr("was stopped"));
  usleep(1'200'000);
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace hawser
