// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.h"

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sched.h>

#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

std::string mask_of(std::initializer_list<unsigned> capabilities) {
  unsigned long long mask = 0;
  for (const unsigned capability : capabilities) mask |= 1ULL << capability;
  char text[17];
  snprintf(text, sizeof text, "%016llx", mask);
  return text;
}

class Privileges : public ::testing::Test {
 protected:
  void SetUp() override {
    // Root of a namespace of its own will do, where that is allowed.
    if (geteuid() != 0) GTEST_SKIP() << "not root";
    write_status_ = "cat /proc/self/status > " + dir_.file("status");
  }

  // /proc/PID/status of a shell that a child which dropped its privileges has started.
  std::string status_after(std::uint16_t listen_port) {
    const pid_t pid = fork();
    if (pid == 0) {
      if (!drop_privileges(listen_port)) _exit(1);
      execl("/bin/sh", "sh", "-c", write_status_.c_str(), nullptr);
      _exit(2);
    }
    int state = 0;
    waitpid(pid, &state, 0);
    EXPECT_EQ(state, 0);
    return read_text(dir_.file("status"));
  }

  TempDir dir_;
  std::string write_status_;
};

// The shell is a helper program: it has just what the daemon has.
TEST_F(Privileges, AHelperProgramHasWhatTheDaemonHas) {
  const std::string status = status_after(4500);
  const std::string mask = mask_of({CAP_NET_ADMIN});
  EXPECT_THAT(status, HasSubstr("CapEff:\t" + mask));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t" + mask));
  EXPECT_THAT(status, HasSubstr("CapBnd:\t" + mask));
  EXPECT_THAT(status, HasSubstr("CapAmb:\t" + mask_of({})));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
}

TEST_F(Privileges, ALowPortMayBeBoundOnlyIfItIsOurs) {
  EXPECT_THAT(status_after(500),
              HasSubstr("CapEff:\t" + mask_of({CAP_NET_ADMIN, CAP_NET_BIND_SERVICE})));
}

TEST_F(Privileges, WhatWasNotThereIsNotAskedFor) {
  const pid_t pid = fork();
  if (pid == 0) {
    // The second time nothing can be added, and the bounding set can't be changed.
    if (!drop_privileges(4500)) _exit(1);
    if (!drop_privileges(500)) _exit(2);
    execl("/bin/sh", "sh", "-c", write_status_.c_str(), nullptr);
    _exit(3);
  }
  int state = 0;
  waitpid(pid, &state, 0);
  EXPECT_EQ(state, 0);
  EXPECT_THAT(read_text(dir_.file("status")), HasSubstr("CapEff:\t" + mask_of({CAP_NET_ADMIN})));
}

}  // namespace
}  // namespace hawser
