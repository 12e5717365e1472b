// SPDX-License-Identifier: Apache-2.0
// One daemon in a network namespace of its own: how it starts, changes and ends. Tunnels between
// daemons are tested in tests/netns.
#include <gmock/gmock.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <functional>

#include "cli/control_protocol.h"
#include "tests/cli/test_support.h"
#include "tests/cli/wrong_configs.h"
#include "tun/netlink.h"
#include "tun/tun_device.h"
#include "tunnel/sequence_reserve.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/net/tun";
    // Children inherit it; it is gone with this process.
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no right to make a network namespace";
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
    write_key_files(dir_);
    file_ = dir_.write("hw0.conf", config_with(0, ""));
  }
  void TearDown() override {
    if (if_nametoindex("hw0") != 0) hawser({"down", "hw0"});
  }

  ProgramResult hawser(std::vector<std::string> words) {
    if (words[0] == "up") words.insert(words.end(), {"--state-dir", state()});
    words.insert(words.begin(), {HAWSER_PROGRAM, "--runtime-dir", runtime()});
    return run_program(dir_, std::move(words));
  }
  Json status() { return Json::parse(hawser({"status", "hw0", "--json"}).out); }
  void rewrite(unsigned replaced, const std::string& text) {
    dir_.write("hw0.conf", config_with(replaced, text));
  }
  std::string runtime() const { return dir_.file("run"); }
  std::string state() const { return dir_.file("state"); }
  static bool device_exists() { return if_nametoindex("hw0") != 0; }

  TempDir dir_;
  std::string file_;
};

TEST_F(DaemonTest, UpStatusDownAndNothingIsLeft) {
  const ProgramResult up = hawser({"up", "--first-use", file_});
  ASSERT_EQ(up.exit_code, 0) << up.err;
  EXPECT_TRUE(device_exists());
  const Json now = status();
  EXPECT_EQ(now["name"], "hw0");
  EXPECT_EQ(now["interface"]["mtu_bytes"], 1438);
  EXPECT_EQ(now["interface"]["addresses"][0], "10.8.0.1/24");
  EXPECT_EQ(now["peers"][0]["endpoint"], "192.0.2.2:4500");
  EXPECT_EQ(now["io"]["backend"], "epoll");
  EXPECT_THAT(hawser({"status"}).out, HasSubstr("peer: lab"));
  EXPECT_THAT(hawser({"sas", "hw0"}).out, HasSubstr("0x01000001"));
  EXPECT_EQ(hawser({"down", "hw0"}).exit_code, 0);
  EXPECT_FALSE(device_exists());
  EXPECT_TRUE(std::filesystem::is_empty(runtime()));
}

TEST_F(DaemonTest, ASecondOneIsRefusedAndTheFirstStays) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  const ProgramResult again = hawser({"up", "--first-use", file_});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("runs already"));
  const ProgramResult direct =
      run_program(dir_, {HAWSERD_PROGRAM, "--config", file_, "--runtime-dir", runtime()});
  EXPECT_EQ(direct.exit_code, 1);
  EXPECT_THAT(direct.err, HasSubstr("already answers"));
  EXPECT_EQ(status()["name"], "hw0");
}

TEST_F(DaemonTest, AStartThatFailsSaysWhyAndLeavesNothing) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr address{};
  address.sa_family = AF_INET;
  address.sa_data[0] = static_cast<char>(4500 >> 8);
  address.sa_data[1] = static_cast<char>(4500 & 0xff);
  ASSERT_EQ(bind(fd, &address, sizeof address), 0);
  const ProgramResult up = hawser({"up", "--first-use", file_});
  close(fd);
  EXPECT_EQ(up.exit_code, 1);
  EXPECT_THAT(up.err, HasSubstr("4500"));
  EXPECT_EQ(lines_of(up.err).size(), 1u) << up.err;
  EXPECT_FALSE(device_exists());
  EXPECT_TRUE(std::filesystem::is_empty(runtime()));
}

// With the sandbox on: routes and rules are made long after the start.
TEST_F(DaemonTest, PathsAreShownAndChangedWhileItRuns) {
  auto link = TunDevice::open({.name = "hwa", .queues = 1, .offloads = {}});
  ASSERT_TRUE(link) << link.error().what;
  auto netlink = Netlink::open();
  ASSERT_TRUE(netlink);
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  const auto show = [&] { return Json::parse(hawser({"paths", "hw0", "--json"}).out); };
  const auto link_is = [&](const std::function<bool(const Json&)>& condition) {
    for (int i = 0; i < 100; ++i) {
      const Json paths = show();
      if (paths["links"].size() == 1 && condition(paths["links"][0])) return true;
      usleep(20'000);
    }
    return false;
  };
  EXPECT_TRUE(link_is([](const Json& one) { return one["interface"] == "hwa" && !one["up"]; }));
  ASSERT_TRUE(netlink->set_up("hwa"));
  ASSERT_TRUE(netlink->add_address("hwa", *IpPrefix::parse("203.0.113.1/24")));
  EXPECT_TRUE(link_is([](const Json& one) { return one["up"] == true; }));
  EXPECT_TRUE(link_is([](const Json& one) { return one["unreachable"][0] == "192.0.2.2"; }));

  const ProgramResult add = hawser({"path", "add", "hw0", "hwa", "203.0.113.254"});
  ASSERT_EQ(add.exit_code, 0) << add.err;
  EXPECT_TRUE(show()["links"][0]["unreachable"].empty()) << "by a route of ours";
  EXPECT_TRUE(netlink->policy_numbers()->priorities.contains(32768));
  EXPECT_THAT(hawser({"paths", "--why", "hw0"}).out, HasSubstr("hwa: 203.0.113.1\n"));

  EXPECT_EQ(hawser({"path", "disable", "hw0", "hwa"}).exit_code, 0);
  EXPECT_THAT(hawser({"paths", "--why", "hw0"}).out, HasSubstr("hwa: switched off"));
  EXPECT_FALSE(netlink->policy_numbers()->priorities.contains(32768));
  EXPECT_EQ(hawser({"path", "enable", "hw0", "hwa"}).exit_code, 0);
  EXPECT_TRUE(netlink->policy_numbers()->priorities.contains(32768));

  const ProgramResult wrong = hawser({"path", "disable", "hw0", "eth77"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("there are hwa"));
  EXPECT_EQ(hawser({"path", "cut", "hw0", "hwa"}).exit_code, 2);
  EXPECT_EQ(hawser({"path", "add", "hw0", "hwa", "x"}).exit_code, 2);
  EXPECT_EQ(hawser({"down", "hw0"}).exit_code, 0);
  EXPECT_FALSE(netlink->policy_numbers()->priorities.contains(32768));
  EXPECT_TRUE(std::filesystem::is_empty(runtime()));
}

TEST_F(DaemonTest, ReloadChangesWhatDiffers) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  const Json before = status();
  rewrite(6, "allowed-ips = 10.8.0.0/24, 10.20.0.0/16\nkeepalive = 20\n");
  const ProgramResult reload = hawser({"reload", "hw0"});
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  const Json after = status();
  EXPECT_EQ(after["pid"], before["pid"]);
  EXPECT_EQ(after["interface"]["routes"][0], "10.20.0.0/16");
  EXPECT_EQ(after["peers"][0]["keepalive_s"], 20);
  rewrite(3, "address = 10.7.0.1/24, 10.8.0.1/24\nmtu = 1300");
  ASSERT_EQ(hawser({"reload", "hw0"}).exit_code, 0);
  EXPECT_EQ(status()["interface"]["addresses"][0], "10.7.0.1/24");
  EXPECT_EQ(status()["interface"]["mtu_bytes"], 1300);
  EXPECT_TRUE(status()["interface"]["routes"].empty());
}

TEST_F(DaemonTest, AWrongConfigLeavesTheTunnelAlone) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  const Json before = status();
  for (const WrongConfig& wrong : wrong_configs()) {
    SCOPED_TRACE(wrong.name);
    rewrite(wrong.replaced, wrong.text);
    const ProgramResult reload = hawser({"reload", "hw0"});
    EXPECT_EQ(reload.exit_code, 2);
    EXPECT_EQ(lines_of(reload.err).size(), 1u) << reload.err;
    EXPECT_THAT(reload.err, HasSubstr(wrong.fragment));
  }
  const Json after = status();
  for (const char* same : {"pid", "config_file", "interface", "peers"}) {
    EXPECT_EQ(after[same], before[same]) << same;
  }
}

TEST_F(DaemonTest, WhatCannotChangeIsRefusedWithItsLine) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  rewrite(3, "address = 10.8.0.1/24\nlisten-port = 4501");
  const ProgramResult port = hawser({"reload", "hw0"});
  EXPECT_EQ(port.exit_code, 2);
  EXPECT_THAT(port.err, testing::StartsWith(file_ + ":4: listen-port: can't change"));
  rewrite(2, "name = hw1");
  EXPECT_THAT(hawser({"reload", "hw0"}).err, HasSubstr(":2: name: can't change"));
  rewrite(3, "offload = off");
  EXPECT_THAT(hawser({"reload", "hw0"}).err, HasSubstr(":3: offload: can't change"));
}

TEST_F(DaemonTest, WhatAnSaCannotChangeIsRefusedWithItsLine) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  const Json before = Json::parse(hawser({"sas", "hw0", "--json"}).out);
  const std::pair<const char*, const char*> settings[] = {{"replay-window", "256"},
                                                          {"lifetime", "3600"},
                                                          {"lifetime-bytes", "1000000"},
                                                          {"lifetime-packets", "70000"},
                                                          {"spi-in", "0x01000200"},
                                                          {"spi-out", "0x01000201"},
                                                          {"esn", "no"},
                                                          {"cipher", "chacha20-poly1305"}};
  for (const auto& [key, value] : settings) {
    const bool replaces = std::string_view(key).starts_with("spi-");
    const unsigned line = std::string_view(key) == "spi-in" ? 8 : 9;
    const std::string text = std::string(key) + " = " + value;
    rewrite(line, replaces ? text : "spi-out = 0x01000001\n" + text);
    const ProgramResult reload = hawser({"reload", "hw0"});
    EXPECT_EQ(reload.exit_code, 2) << key;
    EXPECT_THAT(reload.err,
                testing::StartsWith(file_ + ":" + std::to_string(replaces ? line : 10) + ": " +
                                    key + ": can't change while [sa.lab] keeps its key"));
    EXPECT_EQ(lines_of(reload.err).size(), 1u) << reload.err;
  }
  EXPECT_EQ(Json::parse(hawser({"sas", "hw0", "--json"}).out)["sas"], before["sas"]);
  // What the message offers helps.
  rewrite(10, "key-file = other.keys\nreplay-window = 256");
  EXPECT_EQ(hawser({"reload", "--first-use", "hw0"}).exit_code, 0);
  rewrite(10, "key-file = other.keys\nreplay-window = 512");
  EXPECT_EQ(hawser({"reload", "hw0"}).exit_code, 2);
  ASSERT_EQ(hawser({"down", "hw0"}).exit_code, 0);
  EXPECT_EQ(hawser({"up", file_}).exit_code, 0);
}

TEST_F(DaemonTest, ASignalEndsItCleanly) {
  // The route of allowed-ips leads to the peer's endpoint.
  rewrite(6, "allowed-ips = 192.0.2.0/24");
  const std::string log = dir_.write("log", "");
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open(log.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
    execl(HAWSERD_PROGRAM, HAWSERD_PROGRAM, "--config", file_.c_str(), "--runtime-dir",
          runtime().c_str(), "--state-dir", state().c_str(), "--first-use", nullptr);
    _exit(126);
  }
  for (int i = 0; i < 500 && !read_text(log).ends_with("peer lab added\n"); ++i) usleep(10'000);
  EXPECT_TRUE(device_exists());
  EXPECT_THAT(read_text(log), HasSubstr("leads into the tunnel itself"));
  kill(pid, SIGHUP);
  for (int i = 0; i < 500 && !read_text(log).ends_with("hw0.conf\n"); ++i) usleep(10'000);
  kill(pid, SIGTERM);
  int state = 0;
  ASSERT_EQ(waitpid(pid, &state, 0), pid);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0) << read_text(log);
  EXPECT_THAT(read_text(log), HasSubstr("reloaded "));
  EXPECT_THAT(read_text(log), HasSubstr("stopping: SIGTERM"));
  EXPECT_FALSE(device_exists());
  EXPECT_FALSE(std::filesystem::exists(runtime())) << "it made the directory";
}

TEST_F(DaemonTest, AKeyThatWasTakenOutNeverComesBack) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  rewrite(10, "key-file = other.keys");
  ASSERT_EQ(hawser({"reload", "--first-use", "hw0"}).exit_code, 0);
  rewrite(0, "");
  const ProgramResult back = hawser({"reload", "--first-use", "hw0"});
  EXPECT_EQ(back.exit_code, 2);
  EXPECT_THAT(back.err, HasSubstr("was used before"));
  rewrite(10, "key-file = third.keys");
  EXPECT_EQ(hawser({"reload", "--first-use", "hw0"}).exit_code, 0);
}

TEST_F(DaemonTest, KeysNeedAFirstUseOnce) {
  const ProgramResult refused = hawser({"up", file_});
  EXPECT_EQ(refused.exit_code, 2) << "another try would end the same";
  EXPECT_THAT(refused.err, HasSubstr(state() + "/hw0/sequence"));
  EXPECT_THAT(refused.err, HasSubstr("--first-use"));
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  ASSERT_EQ(hawser({"down", "hw0"}).exit_code, 0);
  ASSERT_EQ(hawser({"up", file_}).exit_code, 0);
  rewrite(10, "key-file = other.keys");
  const ProgramResult reload = hawser({"reload", "hw0"});
  EXPECT_EQ(reload.exit_code, 2);
  EXPECT_THAT(reload.err, HasSubstr("--first-use"));
  EXPECT_EQ(hawser({"reload", "--first-use", "hw0"}).exit_code, 0);
}

TEST_F(DaemonTest, ARestartGoesOnBehindTheMark) {
  const auto sequence = [this](const char* direction) {
    const Json result = Json::parse(hawser({"sas", "hw0", "--json"}).out);
    for (const Json& sa : result["sas"]) {
      if (sa["direction"] == direction) return sa["sequence"].get<std::uint64_t>();
    }
    return std::uint64_t{0};
  };
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  EXPECT_EQ(sequence("out"), 0u);
  for (std::uint64_t life = 1; life < 4; ++life) {
    const pid_t pid = status()["pid"];
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    for (int i = 0; i < 500 && device_exists(); ++i) usleep(10'000);
    const ProgramResult up = hawser({"up", file_});
    ASSERT_EQ(up.exit_code, 0) << "a stale socket is no obstacle: " << up.err;
    EXPECT_EQ(sequence("out"), life * SequenceReserve::kMinOutboundBlock);
    EXPECT_EQ(sequence("in"), life * SequenceReserve::kMinInboundBlock);
  }
}

TEST_F(DaemonTest, ADamagedFileOfNumbersIsRefused) {
  ASSERT_EQ(hawser({"up", "--first-use", file_}).exit_code, 0);
  ASSERT_EQ(hawser({"down", "hw0"}).exit_code, 0);
  const std::string file = state() + "/hw0/sequence";
  std::string text = read_text(file);
  text[text.find("out ") + 40] ^= 1;
  std::ofstream(file) << text;
  const ProgramResult up = hawser({"up", "--first-use", file_});
  EXPECT_EQ(up.exit_code, 2);
  EXPECT_THAT(up.err, HasSubstr(file + " is damaged"));
  EXPECT_FALSE(device_exists());
}

}  // namespace
}  // namespace hawser
