// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace hawser {

struct KeptPrivileges {
  bool low_ports = false;  // the daemon may bind a port under 1024 again
};

// Gives up, for this process and all that it will start, every capability but CAP_NET_ADMIN (and
// CAP_NET_BIND_SERVICE if asked), as far as they were there; sets no_new_privs; and lifts the limit
// of locked memory, since keys that a reload brings are locked too. The user id stays: root's files
// of mode 0600 can still be read. Call it while there is one thread. The error is a sentence.
Result<void, std::string> drop_privileges(const KeptPrivileges& kept);

}  // namespace hawser
