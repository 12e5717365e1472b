// SPDX-License-Identifier: Apache-2.0
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "tun/netlink.h"
#include "tun/netlink_message.h"
#include "tun/netlink_reply.h"

namespace hawser {
namespace {

// Lower is better to send from. IPv4's secondary addresses share a bit with IPv6's temporary ones,
// which are replaced every day (RFC 8981).
unsigned rank_of(unsigned flags) {
  if ((flags & IFA_F_DEPRECATED) != 0) return 2;
  return (flags & IFA_F_TEMPORARY) != 0 ? 1 : 0;
}

bool is_usable(unsigned flags) { return (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0; }

std::optional<IpAddress> address_of(ByteSpan value) {
  if (value.size() == 4) return IpAddress::v4(value.data());
  if (value.size() == 16) return IpAddress::v6(value.data());
  return std::nullopt;
}

}  // namespace

Result<std::vector<LocalLink>, OsError> Netlink::links() {
  Reply reply;
  NetlinkMessage links(RTM_GETLINK, NLM_F_DUMP);
  links.extra_header<ifinfomsg>()->ifi_family = AF_UNSPEC;
  links.put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  auto listed = request(links.header(), "cannot list the network interfaces", &reply);
  if (!listed) return failure(listed.error());
  NetlinkMessage addresses(RTM_GETADDR, NLM_F_DUMP);
  addresses.extra_header<ifaddrmsg>()->ifa_family = AF_UNSPEC;
  listed = request(addresses.header(), "cannot list the addresses", &reply);
  if (!listed) return failure(listed.error());
  std::ranges::stable_sort(reply.addresses, {}, &Reply::Address::rank);
  for (const Reply::Address& entry : reply.addresses) {
    const auto link = std::ranges::find(reply.links, entry.link, &LocalLink::index);
    if (link != reply.links.end()) link->addresses.push_back(entry.address);
  }
  return std::move(reply.links);
}

void Netlink::Reply::read_local_link(const nlmsghdr* message) {
  const ByteSpan payload = netlink_payload(message);
  if (payload.size() < sizeof(ifinfomsg)) return;
  ifinfomsg header;
  std::memcpy(&header, payload.data(), sizeof header);
  if ((header.ifi_flags & IFF_LOOPBACK) != 0) return;
  LocalLink link{.index = static_cast<unsigned>(header.ifi_index)};
  // The carrier is gone at once, RUNNING only when the kernel finds the time; the other way round
  // an interface may have a carrier and not be ready yet.
  constexpr unsigned kUp = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
  link.up = (header.ifi_flags & kUp) == kUp;
  for_each_attribute(payload, sizeof header, [&](unsigned type, ByteSpan value) {
    if (type == IFLA_MTU) link.mtu = load_native32(value);
    if (type == IFLA_IFNAME && !value.empty()) {
      link.name.assign(value.begin(), value.end() - 1);  // less its zero
    }
  });
  links.push_back(std::move(link));
}

void Netlink::Reply::read_address(const nlmsghdr* message) {
  const ByteSpan payload = netlink_payload(message);
  if (payload.size() < sizeof(ifaddrmsg)) return;
  ifaddrmsg header;
  std::memcpy(&header, payload.data(), sizeof header);
  unsigned flags = header.ifa_flags;
  std::optional<IpAddress> local;
  std::optional<IpAddress> address;  // on a point-to-point link the peer's, if there is a local one
  for_each_attribute(payload, sizeof header, [&](unsigned type, ByteSpan value) {
    if (type == IFA_FLAGS) flags = load_native32(value);
    if (type == IFA_LOCAL) local = address_of(value);
    if (type == IFA_ADDRESS) address = address_of(value);
  });
  const auto ours = local ? local : address;
  if (!ours || header.ifa_scope >= RT_SCOPE_LINK || ours->is_link_local() || !is_usable(flags)) {
    return;
  }
  addresses.push_back({header.ifa_index, *ours, rank_of(flags)});
}

}  // namespace hawser
