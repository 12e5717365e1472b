// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "base/ip_address.h"
#include "tunnel/sa_types.h"

namespace hawser {

// Longest-prefix match from an inner address to a peer. A lookup costs one hash probe for each
// prefix length that is in use.
class RouteTable {
 public:
  struct Entry {
    IpPrefix prefix;
    PeerId peer;
  };

  // Replaces an entry with the same prefix.
  void add(const IpPrefix& prefix, PeerId peer);
  void remove_peer(PeerId peer);
  // Null if nothing matches; valid until the table changes.
  const Entry* find(const IpAddress& address) const;

 private:
  struct AddressHash {
    std::size_t operator()(const IpAddress& address) const;
  };
  using Bucket = std::unordered_map<IpAddress, Entry, AddressHash>;
  using ByLength = std::map<std::uint8_t, Bucket, std::greater<>>;

  ByLength v4_;
  ByLength v6_;
};

}  // namespace hawser
