// SPDX-License-Identifier: Apache-2.0
#include "tun/link_table.h"

#include <algorithm>

namespace hawser {

Result<LinkTable, OsError> LinkTable::open(Options options) {
  auto netlink = Netlink::open();
  if (!netlink) return failure(netlink.error());
  return LinkTable(std::move(options), std::move(*netlink));
}

Result<std::vector<LocalLink>, OsError> LinkTable::read(std::span<const IpAddress> remotes) {
  auto links = netlink_.links();
  if (!links) return links;
  std::erase_if(*links, [this](const LocalLink& link) { return link.name == options_.ours; });
  for (LocalLink& link : *links) {
    for (const IpAddress& remote : remotes) {
      if (!reaches(link, remote)) link.unreachable.push_back(remote);
    }
  }
  return links;
}

// By the first of its addresses: rules may ask for the source.
bool LinkTable::reaches(const LocalLink& link, const IpAddress& remote) {
  const auto source = std::ranges::find(link.addresses, remote.family(), &IpAddress::family);
  if (!link.up || source == link.addresses.end()) return false;
  return netlink_
      .find_route_by({.destination = remote,
                      .source = *source,
                      .interface = link.index,
                      .mark = options_.mark})
      .has_value();
}

}  // namespace hawser
