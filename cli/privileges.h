// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace hawser {

// Gives up, for this process and all that it will start, every capability but CAP_NET_ADMIN (and
// CAP_NET_BIND_SERVICE for a port under 1024), as far as they were there; sets no_new_privs; and
// lifts the limit of locked memory, since keys that a reload brings are locked too. The user id
// stays: root's files of mode 0600 can still be read. Call it while there is one thread. The error
// is a sentence.
Result<void, std::string> drop_privileges(std::uint16_t listen_port);

}  // namespace hawser
