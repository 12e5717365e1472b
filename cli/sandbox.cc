// SPDX-License-Identifier: Apache-2.0
#include "cli/sandbox.h"

#include <linux/sched.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>

#include "cli/sandbox_calls.h"

namespace hawser {
namespace {

using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, void (*)(scmp_filter_ctx)>;

constexpr std::array kSocketFamilies = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

constexpr std::uint64_t kIoctlDirectionTypeMask = 0xc000ff00;
constexpr std::uint64_t kIoctlTypeMask = 0xff00;

// Collects the first error of many rules.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  // A call that this architecture, or this libseccomp, does not know is not an error.
  void add(std::uint32_t action, const char* call) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return;
    note(seccomp_rule_add(filter_, action, number, 0));
  }
  void allow_if(const char* call, std::initializer_list<scmp_arg_cmp> conditions) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return;
    note(seccomp_rule_add_array(filter_, SCMP_ACT_ALLOW, number,
                                static_cast<unsigned>(conditions.size()), conditions.begin()));
  }
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    note(seccomp_attr_set(filter_, attribute, value));
  }
  int error() const { return error_; }

 private:
  void note(int result) {
    if (error_ == 0 && result < 0) error_ = result;
  }

  scmp_filter_ctx filter_;
  int error_ = 0;
};

scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

scmp_arg_cmp equal(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

void allow_threads_only(Rules& rules) {
  rules.allow_if("clone", {masked(0, CLONE_THREAD, CLONE_THREAD)});
  // Its flags are in memory, where a filter cannot look; the C library then uses clone.
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

void allow_memory_without_new_code(Rules& rules) {
  for (const char* call : {"mmap", "mprotect"}) {
    rules.allow_if(call, {masked(2, PROT_EXEC, 0)});
    // The C library loads name service modules when it first looks up a name.
    rules.allow_if(call, {masked(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)});
  }
}

void allow_ioctls(Rules& rules) {
  // TUN devices: type 'T' with a direction. Old terminal requests, TIOCSTI among them, have none.
  rules.allow_if("ioctl", {masked(1, kIoctlDirectionTypeMask, 0x40005400)});
  rules.allow_if("ioctl", {masked(1, kIoctlDirectionTypeMask, 0x80005400)});
  // Interfaces and addresses.
  rules.allow_if("ioctl", {masked(1, kIoctlTypeMask, 0x8900)});
  // The resolver, and the C library's question whether a file is a terminal.
  rules.allow_if("ioctl", {equal(1, FIONREAD)});
  rules.allow_if("ioctl", {equal(1, FIONBIO)});
  rules.allow_if("ioctl", {equal(1, TCGETS)});
}

void add_daemon_rules(Rules& rules) {
  for (const char* call : daemon_calls()) rules.add(SCMP_ACT_ALLOW, call);
  for (const int family : kSocketFamilies) {
    for (const char* call : {"socket", "socketpair"}) {
      rules.allow_if(call, {equal(0, static_cast<std::uint64_t>(family))});
    }
  }
  allow_threads_only(rules);
  allow_memory_without_new_code(rules);
  allow_ioctls(rules);
  for (const std::uint64_t option :
       {PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS}) {
    rules.allow_if("prctl", {equal(0, option)});
  }
  // Limits may be read, not set.
  rules.allow_if("prlimit64", {equal(2, 0)});
  // abort() must be able to say so.
  rules.allow_if("tgkill", {equal(0, static_cast<std::uint64_t>(getpid()))});
}

Failure<std::string> sandbox_failure(const char* what, int error) {
  return failure(std::string(what) + ": " + std::strerror(-error) +
                 "; write sandbox = no to do without");
}

}  // namespace

Result<void, std::string> enter_sandbox(SandboxProfile profile) {
  const bool strict = profile == SandboxProfile::kDaemon;
  const Filter filter(seccomp_init(strict ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW),
                      &seccomp_release);
  if (!filter) return sandbox_failure("cannot make the system call filter", -ENOMEM);
  Rules rules(filter.get());
  // Calls of a foreign kind (32-bit, x32) go around every rule.
  rules.set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  rules.set(SCMP_FLTATR_CTL_NNP, 1);
  rules.set(SCMP_FLTATR_CTL_TSYNC, 1);
  // A balanced tree instead of a chain: packets pass here as well.
  rules.set(SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (strict) {
    add_daemon_rules(rules);
  } else {
    for (const char* call : dangerous_calls()) rules.add(SCMP_ACT_ERRNO(EPERM), call);
  }
  if (rules.error() != 0) {
    return sandbox_failure("cannot make the system call filter", rules.error());
  }
  if (const int error = seccomp_load(filter.get()); error != 0) {
    return sandbox_failure("cannot install the system call filter", error);
  }
  return {};
}

bool sandbox_fits_this_build() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return false;
#else
  return true;
#endif
#else
  return true;
#endif
}

}  // namespace hawser
