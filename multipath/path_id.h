// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/strong.h"

namespace hawser {

// A way from here to a peer. Path 0 is the first one (the one of the first child SA).
using PathId = Strong<struct PathIdTag, std::uint32_t>;

}  // namespace hawser
