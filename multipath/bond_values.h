// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/address_pair.h"
#include "base/time.h"
#include "multipath/path_id.h"
#include "multipath/path_state.h"

namespace hawser {

// What became of a path, for the control side.
struct BondNews {
  PathId path;
  PathState state{};
  AddressPair addresses;
  std::string reason;
  bool is_new_state = false;  // else only the addresses are new
};

// Where the next packets of a flow go.
struct Placement {
  PathId path;
  std::optional<PathId> copy;         // and each of them there, too
  std::uint32_t packets = 0;          // so many; 0: nowhere now
  std::optional<TimePoint> retry_at;  // then; unset: no path works
};

enum class FrameOutcome : std::uint8_t {
  kDeliver,    // the inner packet behind the shim header: now, from where it is
  kHeld,       // poll_released() gives it in its turn
  kControl,    // there was no inner packet in it
  kDuplicate,  // came before
  kMalformed,
};

}  // namespace hawser
