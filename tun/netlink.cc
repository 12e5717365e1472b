// SPDX-License-Identifier: Apache-2.0
#include "tun/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tun/netlink_message.h"
#include "tun/netlink_reply.h"
#include "tun/system_failure.h"

namespace hawser {
namespace {

Result<unsigned, OsError> index_of(const std::string& device, const std::string& what) {
  const unsigned index = ::if_nametoindex(device.c_str());
  if (index == 0) return system_failure(what, errno);
  return index;
}

std::string name_of(unsigned index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(index, name.data()) != nullptr ? name.data() : std::string();
}

}  // namespace

void Netlink::Reply::read(const nlmsghdr* message) {
  if (message->nlmsg_type == RTM_NEWLINK) read_link(message);
  if (message->nlmsg_type == RTM_NEWADDR) read_address(message);
  if (message->nlmsg_type == RTM_NEWROUTE) read_route(message);
  if (message->nlmsg_type == RTM_NEWRULE) read_rule(message);
}

void Netlink::Reply::read_link(const nlmsghdr* message) {
  for_each_attribute(netlink_payload(message), sizeof(ifinfomsg),
                     [this](unsigned type, ByteSpan value) {
                       if (type == IFLA_MTU) link_mtu = load_native32(value);
                     });
  read_local_link(message);
}

void Netlink::Reply::read_route(const nlmsghdr* message) {
  const auto read_metric = [this](unsigned type, ByteSpan value) {
    if (type == RTAX_MTU) route_mtu = load_native32(value);
  };
  for_each_attribute(netlink_payload(message), sizeof(rtmsg), [&](unsigned type, ByteSpan value) {
    if (type == RTA_TABLE) numbers.tables.insert(load_native32(value));
    if (type == RTA_OIF) interface = load_native32(value);
    if (type == RTA_PREFSRC && value.size() == 4) source = IpAddress::v4(value.data());
    if (type == RTA_PREFSRC && value.size() == 16) source = IpAddress::v6(value.data());
    if (type == RTA_METRICS) for_each_attribute(value, 0, read_metric);
  });
}

void Netlink::Closer::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Netlink::Netlink(mnl_socket* socket) : socket_(socket) {}
Netlink::Netlink(Netlink&&) noexcept = default;
Netlink& Netlink::operator=(Netlink&&) noexcept = default;
Netlink::~Netlink() = default;

Result<Netlink, OsError> Netlink::open() {
  Netlink netlink(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!netlink.socket_ || mnl_socket_bind(netlink.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return system_failure("cannot open a netlink socket", errno);
  }
  return netlink;
}

Result<void, OsError> Netlink::request(nlmsghdr* message, const std::string& what, Reply* reply) {
  message->nlmsg_flags |= NLM_F_ACK;
  message->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0) {
    return system_failure(what, errno);
  }
  alignas(8) std::array<char, 32 * 1024> buffer;
  while (true) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return system_failure(what, errno);
    int rest = static_cast<int>(received);
    const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(answer, rest); answer = mnl_nlmsg_next(answer, &rest)) {
      if (answer->nlmsg_seq != sequence_) continue;     // what is left of an earlier failure
      if (answer->nlmsg_type == NLMSG_DONE) return {};  // the end of a list
      if (answer->nlmsg_type != NLMSG_ERROR) {
        if (reply != nullptr) reply->read(answer);
        continue;
      }
      const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(answer));
      if (error->error != 0) return system_failure(what, -error->error);
      return {};
    }
  }
}

Result<unsigned, OsError> Netlink::interface_index(const std::string& device) {
  return index_of(device, "cannot find interface " + device);
}

Result<std::uint32_t, OsError> Netlink::interface_mtu(const std::string& device) {
  const std::string what = "cannot read the MTU of " + device;
  const auto index = index_of(device, what);
  if (!index) return failure(index.error());
  NetlinkMessage message(RTM_GETLINK, 0);
  auto* link = message.extra_header<ifinfomsg>();
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(*index);
  Reply reply;
  if (auto done = request(message.header(), what, &reply); !done) return failure(done.error());
  return reply.link_mtu;
}

Result<void, OsError> Netlink::change_link(const std::string& device, const std::string& what,
                                           const LinkChange& change) {
  const auto index = index_of(device, what);
  if (!index) return failure(index.error());
  NetlinkMessage message(RTM_NEWLINK, 0);
  auto* link = message.extra_header<ifinfomsg>();
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(*index);
  if (change.up) {
    link->ifi_change = IFF_UP;
    link->ifi_flags = *change.up ? unsigned{IFF_UP} : 0U;
  }
  if (change.mtu) message.put(IFLA_MTU, *change.mtu);
  if (change.tx_queue) message.put(IFLA_TXQLEN, *change.tx_queue);
  return request(message.header(), what, nullptr);
}

Result<void, OsError> Netlink::set_mtu(const std::string& device, std::uint32_t mtu) {
  return change_link(device, "cannot set MTU " + std::to_string(mtu) + " on " + device,
                     {.mtu = mtu});
}

Result<void, OsError> Netlink::set_tx_queue_length(const std::string& device,
                                                   std::uint32_t packets) {
  return change_link(device, "cannot set queue length " + std::to_string(packets) + " on " + device,
                     {.tx_queue = packets});
}

Result<void, OsError> Netlink::set_up(const std::string& device, bool up) {
  return change_link(device, "cannot set " + device + (up ? " up" : " down"), {.up = up});
}

Result<void, OsError> Netlink::add_address(const std::string& device, const IpPrefix& address) {
  return change_address(true, device, address);
}

Result<void, OsError> Netlink::delete_address(const std::string& device, const IpPrefix& address) {
  return change_address(false, device, address);
}

Result<void, OsError> Netlink::change_address(bool add, const std::string& device,
                                              const IpPrefix& address) {
  const std::string what = std::string(add ? "cannot add" : "cannot delete") + " address " +
                           address.to_string() + " dev " + device;
  const auto index = index_of(device, what);
  if (!index) return failure(index.error());
  NetlinkMessage message(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto* header = message.extra_header<ifaddrmsg>();
  header->ifa_family = address_family_of(address.address.family());
  header->ifa_prefixlen = address.length;
  header->ifa_index = *index;
  if (!address.address.is_v4()) header->ifa_flags = IFA_F_NODAD;
  message.put(IFA_LOCAL, address.address);
  message.put(IFA_ADDRESS, address.address);
  return request(message.header(), what, nullptr);
}

std::string DeviceRoute::to_string() const {
  return destination.network().to_string() + (gateway ? " via " + gateway->to_string() : "") +
         " dev " + device;
}

Result<void, OsError> Netlink::add_route(const DeviceRoute& route) {
  return change_route(true, route);
}

Result<void, OsError> Netlink::delete_route(const DeviceRoute& route) {
  return change_route(false, route);
}

Result<void, OsError> Netlink::change_route(bool add, const DeviceRoute& route) {
  const IpPrefix to = route.destination.network();
  const std::string what =
      std::string(add ? "cannot add" : "cannot delete") + " route " + route.to_string();
  const auto index = index_of(route.device, what);
  if (!index) return failure(index.error());
  NetlinkMessage message(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto* header = message.extra_header<rtmsg>();
  header->rtm_family = address_family_of(to.address.family());
  header->rtm_dst_len = to.length;
  header->rtm_table = static_cast<std::uint8_t>(route.table < 256 ? route.table : RT_TABLE_UNSPEC);
  header->rtm_protocol = add ? RTPROT_STATIC : RTPROT_UNSPEC;
  header->rtm_scope =
      add ? (to.address.is_v4() && !route.gateway ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE)
          : RT_SCOPE_NOWHERE;
  header->rtm_type = add ? RTN_UNICAST : RTN_UNSPEC;
  message.put(RTA_DST, to.address);
  message.put(RTA_OIF, *index);
  message.put(RTA_TABLE, route.table);
  if (route.metric) message.put(RTA_PRIORITY, *route.metric);
  if (route.gateway) {
    message.put(RTA_GATEWAY, *route.gateway);
    // The gateway may be outside of the interface's networks, as with many hosters.
    header->rtm_flags |= RTNH_F_ONLINK;
  }
  return request(message.header(), what, nullptr);
}

Result<RouteLookup, OsError> Netlink::find_route(const IpAddress& destination, std::uint32_t mark) {
  const std::string what = "cannot find a route to " + destination.to_string();
  NetlinkMessage message(RTM_GETROUTE, 0);
  auto* header = message.extra_header<rtmsg>();
  header->rtm_family = address_family_of(destination.family());
  header->rtm_dst_len = static_cast<std::uint8_t>(destination.bit_count());
  message.put(RTA_DST, destination);
  if (mark != 0) message.put(RTA_MARK, mark);
  Reply reply;
  if (auto done = request(message.header(), what, &reply); !done) return failure(done.error());
  RouteLookup found{.interface = reply.interface,
                    .device = name_of(reply.interface),
                    .source = reply.source,
                    .mtu = reply.route_mtu};
  if (found.mtu == 0) {
    const auto mtu = interface_mtu(found.device);
    if (!mtu) return failure(mtu.error());
    found.mtu = *mtu;
  }
  return found;
}

Result<RouteLookup, OsError> Netlink::find_route_by(const RouteQuery& query) {
  const std::string what = "cannot find a route to " + query.destination.to_string() + " from " +
                           query.source.to_string();
  NetlinkMessage message(RTM_GETROUTE, 0);
  auto* header = message.extra_header<rtmsg>();
  header->rtm_family = address_family_of(query.destination.family());
  header->rtm_dst_len = header->rtm_src_len =
      static_cast<std::uint8_t>(query.destination.bit_count());
  // Without this the kernel takes everything for a neighbour on an interface that is named.
  header->rtm_flags = RTM_F_FIB_MATCH;
  message.put(RTA_DST, query.destination);
  message.put(RTA_SRC, query.source);
  message.put(RTA_OIF, query.interface);
  if (query.mark != 0) message.put(RTA_MARK, query.mark);
  Reply reply;
  if (auto done = request(message.header(), what, &reply); !done) return failure(done.error());
  return RouteLookup{
      .interface = reply.interface, .device = {}, .source = query.source, .mtu = reply.route_mtu};
}

}  // namespace hawser
