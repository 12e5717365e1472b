// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "ike-lite/ike_config.h"

namespace hawser {

// A peer whose keys are negotiated.
struct IkePeerSettings {
  IkePeerConfig config;             // its id, name and endpoint are filled in by the Endpoint
  bool on_demand = false;           // begin when there is something to send
  std::uint16_t effective_mtu = 0;  // the largest inner packet; filled in by the Endpoint
  // When a child SA is replaced, beside its time; 0: never.
  std::uint64_t rekey_packets = 0;
  std::uint64_t rekey_bytes = 0;
  std::optional<std::uint32_t> replay_window;  // of each SA, fixed; unset: it sizes itself
};

}  // namespace hawser
