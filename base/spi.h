// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/strong.h"

namespace hawser {

// Security Parameters Index (RFC 4303 section 2.1): which SA of its receiver a packet belongs to.
using Spi = Strong<struct SpiTag, std::uint32_t>;

// A configured peer, as long as the daemon runs.
using PeerId = Strong<struct PeerIdTag, std::uint32_t>;

}  // namespace hawser
