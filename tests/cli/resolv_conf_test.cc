// SPDX-License-Identifier: Apache-2.0
#include "cli/resolv_conf.h"

#include <gmock/gmock.h>

#include "cli/state_file.h"
#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

class ResolvConfTest : public ::testing::Test {
 protected:
  std::unique_ptr<ResolvConf> open() { return ResolvConf::open(dir_.file(""), "hw0", file_); }
  std::string text() const { return read_state_file(file_).value_or("absent"); }
  bool has_backup() const { return std::filesystem::exists(dir_.file("hw0.resolv")); }

  TempDir dir_;
  std::string file_ = dir_.file("resolv.conf");
  std::vector<IpAddress> ours_ = {*IpAddress::parse("10.98.0.53"), *IpAddress::parse("fd00::53")};
};

TEST_F(ResolvConfTest, UsesThePeersServersAndPutsTheFileBack) {
  dir_.write("resolv.conf", "nameserver 192.0.2.53\n", 0644);
  {
    const auto conf = open();
    EXPECT_EQ(text(), "nameserver 192.0.2.53\n") << "nothing is asked for yet";
    ASSERT_TRUE(conf->set(ours_));
    EXPECT_THAT(text(), HasSubstr("nameserver 10.98.0.53\nnameserver fd00::53\n"));
    EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0644));
    ASSERT_TRUE(conf->set({*IpAddress::parse("10.98.0.54")}));
    EXPECT_THAT(text(), HasSubstr("10.98.0.54"));
  }
  EXPECT_EQ(text(), "nameserver 192.0.2.53\n");
  EXPECT_FALSE(has_backup());
}

TEST_F(ResolvConfTest, PutsALinkBackAsALink) {
  dir_.write("stub.conf", "nameserver 127.0.0.53\n");
  std::filesystem::create_symlink("stub.conf", file_);
  ASSERT_TRUE(open()->set(ours_));
  EXPECT_TRUE(std::filesystem::is_symlink(file_));
  EXPECT_EQ(text(), "nameserver 127.0.0.53\n");
  EXPECT_EQ(read_state_file(dir_.file("stub.conf")), "nameserver 127.0.0.53\n") << "untouched";
}

TEST_F(ResolvConfTest, TheNextStartPutsBackWhatAKilledDaemonLeft) {
  dir_.write("resolv.conf", "nameserver 192.0.2.53\n");
  std::string left;
  std::string backup;
  {
    const auto conf = open();
    ASSERT_TRUE(conf->set(ours_));
    left = text();
    backup = *read_state_file(dir_.file("hw0.resolv"));
  }
  dir_.write("resolv.conf", left);
  dir_.write("hw0.resolv", backup);
  const auto conf = open();
  EXPECT_EQ(text(), "nameserver 192.0.2.53\n");
  EXPECT_FALSE(has_backup());
}

TEST_F(ResolvConfTest, WithoutServersAllIsAsBefore) {
  const auto conf = open();
  ASSERT_TRUE(conf->set(ours_));
  EXPECT_THAT(text(), HasSubstr("10.98.0.53"));
  ASSERT_TRUE(conf->set({}));
  EXPECT_EQ(text(), "absent");
}

}  // namespace
}  // namespace hawser
