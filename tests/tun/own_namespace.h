// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <unistd.h>

namespace hawser::testing {

// Moves this thread into a network namespace of its own, empty but for a loopback interface that is
// down. False if that is not allowed here.
inline bool enter_own_network_namespace() {
  return ::unshare(::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

}  // namespace hawser::testing
