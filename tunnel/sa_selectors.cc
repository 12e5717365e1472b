// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sa_selectors.h"

#include <algorithm>

#include "base/bytes.h"

namespace hawser {

AddressRanges::AddressRanges(const TrafficSelectors& selectors) {
  for (const TrafficSelector& selector : selectors) {
    (selector.first.is_v4() ? v4_ : v6_)
        .push_back({number_of(selector.first), number_of(selector.last)});
  }
}

AddressRanges::Number AddressRanges::number_of(const IpAddress& address) {
  const std::uint8_t* octets = address.octets().data();
  if (address.is_v4()) return {0, load_be32(octets)};
  return {load_be64(octets), load_be64(octets + 8)};
}

bool AddressRanges::contains(const IpAddress& address) const {
  const Number number = number_of(address);
  return std::ranges::any_of(address.is_v4() ? v4_ : v6_, [&](const Range& range) {
    return range.first <= number && number <= range.last;
  });
}

}  // namespace hawser
