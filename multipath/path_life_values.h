// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/address_pair.h"
#include "multipath/path_id.h"
#include "multipath/path_state.h"

namespace hawser {

struct PathLifeOptions {
  PathId id{};
  // Octets of a frame (shim header and all) as long as the longest data frame. A path is not active
  // before one of this size came through in both directions; 0 leaves that out.
  std::size_t full_frame = 0;
};

// What came with an authentic packet of this path.
struct PathHeard {
  AddressPair addresses;
  std::size_t octets = 0;  // of the datagram, or less
  bool is_newest = false;  // its ESP number is the highest of its SA so far
};

struct PathChange {
  PathId path;
  PathState from{};
  PathState to{};
  std::string reason;  // in words, for people
};

}  // namespace hawser
