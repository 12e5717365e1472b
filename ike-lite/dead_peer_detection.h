// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace hawser {

class IkeSa;

// Dead-peer detection (RFC 7296 section 2.4): after some silence an empty INFORMATIONAL asks. Any
// fresh authentic message or packet of the peer ends the silence. A peer that never answers is
// given up by the request's own end; nothing that is not authentic ever proves death.

// Begins to watch.
void watch_peer(IkeSa& sa, TimePoint now);

}  // namespace hawser
