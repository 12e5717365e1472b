// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/os_error.h"
#include "base/result.h"

namespace hawser::lab {

// Moves the calling thread into a network namespace: a name under /run/netns, a path, or "-" for
// the one it is in.
Result<bool, OsError> enter_namespace(const std::string& name);

// Makes a TAP device (no vnet header, no offloads: the kernel cuts and checksums every frame
// before the device sees it) in the thread's namespace, up, with this MTU. Returns its fd,
// nonblocking; the device goes with the fd.
Result<int, OsError> open_tap(const std::string& name, int mtu);

// Of the device that this descriptor made: a cable is in it, or none.
Result<bool, OsError> set_carrier(int tap, bool on);

}  // namespace hawser::lab
