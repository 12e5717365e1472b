// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"

namespace hawser {

// A range of addresses, any protocol and port: the only selectors that Hawser makes (RFC 7296
// section 3.13.1). `first` and `last` are of one family, first <= last.
struct TrafficSelector {
  IpAddress first;
  IpAddress last;

  static TrafficSelector from_prefix(const IpPrefix& prefix);
  static TrafficSelector from_address(const IpAddress& address) { return {address, address}; }

  bool contains(const IpAddress& address) const;
  bool contains(const TrafficSelector& other) const;
  // What both have in common, if anything.
  std::optional<TrafficSelector> intersect(const TrafficSelector& other) const;
  // "10.0.0.0/8" where it is a prefix, else "10.0.0.1-10.0.0.9".
  std::string to_string() const;
  // The least number of prefixes that cover exactly this range.
  std::vector<IpPrefix> to_prefixes() const;

  friend auto operator<=>(const TrafficSelector&, const TrafficSelector&) = default;
};

using TrafficSelectors = std::vector<TrafficSelector>;
// More cannot be said in one payload (RFC 7296 section 3.13).
inline constexpr std::size_t kMaxTrafficSelectors = 255;

// RFC 7296 section 2.9: what of `offered` lies within `allowed`, in the order of `offered`, without
// repetition; empty if nothing does. The first kMaxTrafficSelectors, if there are more: any part of
// an offer may be taken.
TrafficSelectors narrow(const TrafficSelectors& offered, const TrafficSelectors& allowed);
// True if each of `inner` lies within one of `outer`.
bool all_within(const TrafficSelectors& inner, const TrafficSelectors& outer);
std::string to_string(const TrafficSelectors& selectors);

}  // namespace hawser
