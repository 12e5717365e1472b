// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "tunnel/packet.h"
#include "tunnel/sa_types.h"

namespace hawser {

// A packet that reached a worker to whom its SA does not belong, copied into memory of its own.
struct Handover {
  struct Outer {
    AddressPair addresses;
    Ecn ecn = Ecn::kNotEct;
  };
  struct Inner {
    Gso gso;
  };

  WorkerIndex target;
  std::variant<Outer, Inner> kind;
  std::vector<std::uint8_t> bytes;
};

}  // namespace hawser
