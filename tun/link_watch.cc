// SPDX-License-Identifier: Apache-2.0
#include "tun/link_watch.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <optional>

#include "tun/netlink_message.h"
#include "tun/system_failure.h"

namespace hawser {
namespace {

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;

template <typename T>
std::optional<T> header_of(const nlmsghdr* message) {
  const ByteSpan payload = netlink_payload(message);
  if (payload.size() < sizeof(T)) return std::nullopt;
  T header;
  std::memcpy(&header, payload.data(), sizeof header);
  return header;
}

// The device of a route that matters to where packets go: a cached one does not.
std::optional<unsigned> device_of_route(const nlmsghdr* message) {
  const auto header = header_of<rtmsg>(message);
  if (!header || (header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  unsigned device = 0;
  for_each_attribute(netlink_payload(message), sizeof(rtmsg), [&](unsigned type, ByteSpan value) {
    if (type == RTA_OIF) device = load_native32(value);
  });
  return device;
}

bool is_route(const nlmsghdr* message) {
  return message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE;
}

// Nothing if the message is about nothing that matters.
std::optional<unsigned> device_of(const nlmsghdr* message) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const auto header = header_of<ifinfomsg>(message);
      return header ? std::optional(static_cast<unsigned>(header->ifi_index)) : std::nullopt;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const auto header = header_of<ifaddrmsg>(message);
      return header ? std::optional(static_cast<unsigned>(header->ifa_index)) : std::nullopt;
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return device_of_route(message);
    default:
      return std::nullopt;
  }
}

}  // namespace

void LinkWatch::Closer::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Result<LinkWatch, OsError> LinkWatch::open() {
  LinkWatch watch(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!watch.socket_ || mnl_socket_bind(watch.socket_.get(), kGroups, MNL_SOCKET_AUTOPID) < 0) {
    return system_failure("cannot open a netlink socket", errno);
  }
  return watch;
}

int LinkWatch::fd() const { return mnl_socket_get_fd(socket_.get()); }

LinkChanges LinkWatch::poll_changes(unsigned ignored) {
  LinkChanges changes;
  alignas(8) std::array<char, 32 * 1024> buffer;
  for (;;) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0 && errno == EINTR) continue;
    // More came than there was room for: anything may have changed.
    if (received < 0 && errno == ENOBUFS) {
      changes = {.links = true, .routes = true};
      continue;
    }
    if (received <= 0) return changes;
    int rest = static_cast<int>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
      const auto device = device_of(message);
      if (device && *device != ignored) (is_route(message) ? changes.routes : changes.links) = true;
    }
  }
}

}  // namespace hawser
