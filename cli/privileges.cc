// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace hawser {
namespace {

constexpr std::uint16_t kFirstFreePort = 1024;

std::vector<unsigned> wanted_capabilities(std::uint16_t listen_port) {
  // Addresses, routes, rules, marks on sockets, receive buffers over the system's limit.
  std::vector<unsigned> wanted = {CAP_NET_ADMIN};
  if (listen_port < kFirstFreePort) wanted.push_back(CAP_NET_BIND_SERVICE);
  return wanted;
}

void lift_locked_memory_limit() {
  // Where this is not allowed the limit stays; locking is then done as far as it goes.
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  (void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

}  // namespace

// Helper programs (nft, post-up, pre-down) need CAP_NET_ADMIN themselves, and get it although
// no_new_privs is set and nothing is inheritable or ambient: at execve user id 0 counts as a file
// with all capabilities (SECBIT_NOROOT is left off for that), cut to the bounding set, and under
// no_new_privs also to what the caller had (cap_bprm_creds_from_file in the kernel). Both are the
// set below, so a helper has exactly what the daemon has: never more, and set-user-id programs and
// file capabilities give it nothing. A daemon with another user id gives its helpers nothing.
Result<void, std::string> drop_privileges(std::uint16_t listen_port) {
  lift_locked_memory_limit();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failure(std::string("cannot set no_new_privs: ") + std::strerror(errno));
  }
  if (capng_get_caps_process() != 0) {
    return failure(std::string("cannot read the capabilities of the daemon"));
  }
  std::vector<unsigned> keep;
  for (const unsigned capability : wanted_capabilities(listen_port)) {
    if (capng_have_capability(CAPNG_PERMITTED, capability) != 0) keep.push_back(capability);
  }
  // Without CAP_SETPCAP the bounding set cannot be changed, and does not help an attacker either:
  // it needs a set-user-id program, which no_new_privs makes harmless.
  const bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  capng_clear(CAPNG_SELECT_ALL);
  for (const unsigned capability : keep) {
    const auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED |
                                                (may_bound ? CAPNG_BOUNDING_SET : 0));
    if (capng_update(CAPNG_ADD, sets, capability) != 0) {
      return failure(std::string("cannot choose the capabilities of the daemon"));
    }
  }
  const auto select = static_cast<capng_select_t>(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT |
                                                  (may_bound ? CAPNG_SELECT_BOUNDS : 0));
  if (const int error = capng_apply(select); error != 0) {
    return failure("cannot drop capabilities: libcap-ng says " + std::to_string(error));
  }
  return {};
}

}  // namespace hawser
