// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"
#include "ike-lite/traffic_selector.h"

namespace hawser {

// Which inner addresses an SA carries, seen from this host.
struct SaSelectors {
  TrafficSelectors local;
  TrafficSelectors remote;
};

// Address ranges in a form that is quick to ask for each packet.
class AddressRanges {
 public:
  explicit AddressRanges(const TrafficSelectors& selectors);
  bool contains(const IpAddress& address) const;

 private:
  struct Number {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(const Number&, const Number&) = default;
  };
  struct Range {
    Number first;
    Number last;
  };
  static Number number_of(const IpAddress& address);

  std::vector<Range> v4_;
  std::vector<Range> v6_;
};

// RFC 4301 section 5: what an SA carries must match its selectors at both ends.
class SelectorCheck {
 public:
  explicit SelectorCheck(const SaSelectors& selectors)
      : local_(selectors.local), remote_(selectors.remote) {}

  bool allows(const IpAddress& local, const IpAddress& remote) const {
    return local_.contains(local) && remote_.contains(remote);
  }

 private:
  AddressRanges local_;
  AddressRanges remote_;
};

}  // namespace hawser
