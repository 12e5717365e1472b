// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address_pair.h"
#include "multipath/path_id.h"

namespace hawser {

// A control frame to send inside the SA of a path: the shim header and what follows it.
struct PathFrame {
  PathId path;
  std::optional<AddressPair> to;  // unset: where the path goes; else an address that is tried
  std::vector<std::uint8_t> bytes;
};

}  // namespace hawser
