// SPDX-License-Identifier: Apache-2.0
#include "tunnel/route_table.h"

namespace hawser {

std::size_t RouteTable::AddressHash::operator()(const IpAddress& address) const {
  std::size_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t octet : address.octets()) hash = (hash ^ octet) * 0x100000001b3u;
  return hash;
}

void RouteTable::add(const IpPrefix& prefix, PeerId peer) {
  const IpPrefix network = prefix.network();
  ByLength& lengths = network.address.is_v4() ? v4_ : v6_;
  lengths[network.length].insert_or_assign(network.address, Entry{network, peer});
}

void RouteTable::remove_peer(PeerId peer) {
  for (ByLength* lengths : {&v4_, &v6_}) {
    for (auto& [length, bucket] : *lengths) {
      std::erase_if(bucket, [peer](const auto& item) { return item.second.peer == peer; });
    }
    std::erase_if(*lengths, [](const auto& item) { return item.second.empty(); });
  }
}

const RouteTable::Entry* RouteTable::find(const IpAddress& address) const {
  for (const auto& [length, bucket] : address.is_v4() ? v4_ : v6_) {
    const auto found = bucket.find(IpPrefix{address, length}.network().address);
    if (found != bucket.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace hawser
