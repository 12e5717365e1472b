// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>

#include "base/ip_address.h"
#include "base/strong.h"

namespace hawser {

// A way from here to a peer. Path 0 is the first one (the one of the first child SA).
using PathId = Strong<struct PathIdTag, std::uint32_t>;

// Both ends of an outer flow. An unspecified local address lets the system choose.
struct AddressPair {
  TransportAddress local;
  TransportAddress remote;
  friend auto operator<=>(const AddressPair&, const AddressPair&) = default;
};

}  // namespace hawser
