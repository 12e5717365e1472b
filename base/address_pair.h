// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>

#include "base/ip_address.h"

namespace hawser {

// Both ends of an outer flow. An unspecified local address lets the system choose.
struct AddressPair {
  TransportAddress local;
  TransportAddress remote;
  friend auto operator<=>(const AddressPair&, const AddressPair&) = default;
};

}  // namespace hawser
