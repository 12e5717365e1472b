// SPDX-License-Identifier: Apache-2.0
// The filter in a child of the test: what it kills, and what it leaves. That the whole daemon lives
// under it is tested in tests/netns/test_sandbox.py.
#include "cli/sandbox.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <csignal>
#include <set>
#include <thread>

#include "cli/sandbox_calls.h"
#include "tests/cli/test_support.h"

namespace hawser {
namespace {

constexpr int kNoSandbox = 120;

// What became of a child that enters the sandbox and then does `deed`: its exit code, or minus the
// number of the signal that killed it.
template <typename Deed>
int in_sandbox(SandboxProfile profile, Deed deed) {
  const pid_t pid = fork();
  if (pid == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (!enter_sandbox(profile)) _exit(kNoSandbox);
    _exit(deed());
  }
  int state = 0;
  waitpid(pid, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
}

// 0 if the call was made, else errno.
template <typename... Arguments>
int try_call(long number, Arguments... arguments) {
  return syscall(number, arguments...) < 0 ? errno : 0;
}

struct Deed {
  const char* name;
  int (*run)();
};

void PrintTo(const Deed& deed, std::ostream* out) { *out << deed.name; }

class Forbidden : public testing::TestWithParam<Deed> {};

TEST_P(Forbidden, KillsTheDaemon) {
  EXPECT_EQ(in_sandbox(SandboxProfile::kDaemon, GetParam().run), -SIGSYS);
}

constexpr Deed kForbidden[] = {
    {"Ptrace", [] { return try_call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
    {"Mount", [] { return try_call(SYS_mount, "none", "/", "tmpfs", 0, nullptr); }},
    {"Execve", [] { return try_call(SYS_execve, "/bin/true", nullptr, nullptr); }},
    {"Fork", [] { return try_call(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
    {"OpenByHandle", [] { return try_call(SYS_open_by_handle_at, -1, nullptr, 0); }},
    {"KillAnother", [] { return try_call(SYS_kill, getppid(), 0); }},
    {"TgkillAnother", [] { return try_call(SYS_tgkill, getppid(), getppid(), 0); }},
    {"PacketSocket", [] { return try_call(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
    {"TypeIntoTheTerminal", [] { return try_call(SYS_ioctl, 0, TIOCSTI, "x"); }},
    {"WritableCode",
     [] {
       return try_call(SYS_mmap, nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
     }},
    {"MakeWritableCode",
     [] { return try_call(SYS_mprotect, nullptr, 0, PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"LiftALimit",
     [] {
       const rlimit limit{1, 1};
       return try_call(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr);
     }},
    {"SetUserId", [] { return try_call(SYS_setuid, 0); }},
    {"Unshare", [] { return try_call(SYS_unshare, 0); }},
    {"ProcessMemory", [] { return try_call(SYS_process_vm_readv, 0, nullptr, 0, nullptr, 0, 0); }},
    {"IoUring", [] { return try_call(SYS_io_uring_setup, 1, nullptr); }},
    {"Bpf", [] { return try_call(SYS_bpf, 0, nullptr, 0); }},
};
INSTANTIATE_TEST_SUITE_P(Sandbox, Forbidden, testing::ValuesIn(kForbidden),
                         [](const auto& deed) { return std::string(deed.param.name); });

int daemons_work() {
  std::thread thread([] {});
  thread.join();
  for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
    const int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno != EAFNOSUPPORT) return 1;
    if (fd >= 0) close(fd);
  }
  void* data = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED || mprotect(data, 4096, PROT_NONE) != 0) return 2;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 3;
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 4;
  return 0;
}

TEST(Sandbox, LeavesThreadsSocketsAndMemory) {
  if (!sandbox_fits_this_build()) GTEST_SKIP() << "the sanitizer's runtime needs other calls";
  EXPECT_EQ(in_sandbox(SandboxProfile::kDaemon, daemons_work), 0);
}

TEST(Sandbox, AbortIsStillAnAbort) {
  if (!sandbox_fits_this_build()) GTEST_SKIP() << "the sanitizer's runtime needs other calls";
  EXPECT_EQ(in_sandbox(SandboxProfile::kDaemon, []() -> int { std::abort(); }), -SIGABRT);
}

TEST(Sandbox, HoldsForThreadsThatRunAlready) {
  if (!sandbox_fits_this_build()) GTEST_SKIP() << "the sanitizer's runtime needs other calls";
  const pid_t pid = fork();
  if (pid == 0) {
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    std::thread thread([&ends] {
      char octet = 0;
      if (read(ends[0], &octet, 1) == 1) syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    });
    if (!enter_sandbox(SandboxProfile::kDaemon)) _exit(kNoSandbox);
    if (write(ends[1], "x", 1) != 1) _exit(2);
    thread.join();
    _exit(0);
  }
  int state = 0;
  waitpid(pid, &state, 0);
  EXPECT_TRUE(WIFSIGNALED(state) && WTERMSIG(state) == SIGSYS) << state;
}

TEST(Sandbox, CommandsRunButCannotTakeOverTheSystem) {
  const auto run = [](const char* command) {
    return in_sandbox(SandboxProfile::kCommands, [command] {
      execl("/bin/sh", "sh", "-c", command, nullptr);
      return 119;
    });
  };
  EXPECT_EQ(run("echo $(echo a | cat) > /dev/null && exit 7"), 7);
  EXPECT_EQ(in_sandbox(SandboxProfile::kCommands,
                       [] { return try_call(SYS_mount, "none", "/", "tmpfs", 0, nullptr); }),
            EPERM);
  EXPECT_EQ(in_sandbox(SandboxProfile::kCommands,
                       [] { return try_call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }),
            EPERM);
}

TEST(Sandbox, NoCallIsInBothLists) {
  std::set<std::string_view> daemon(daemon_calls().begin(), daemon_calls().end());
  EXPECT_EQ(daemon.size(), daemon_calls().size());
  for (const std::string_view call : dangerous_calls()) {
    EXPECT_FALSE(daemon.contains(call)) << call;
  }
}

}  // namespace
}  // namespace hawser
