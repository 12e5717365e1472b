// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/local_link.h"
#include "base/os_error.h"
#include "base/result.h"
#include "tun/policy_rule.h"

struct mnl_socket;
struct nlmsghdr;

namespace hawser {

struct DeviceRoute {
  IpPrefix destination;
  std::string device;
  std::uint32_t table = kMainTable;
  std::optional<std::uint32_t> metric;    // unset: the kernel's choice
  std::optional<IpAddress> gateway = {};  // unset: the device itself leads there

  // "10.2.0.0/16 dev hw0", "0.0.0.0/0 via 192.0.2.1 dev eth0"
  std::string to_string() const;
  friend bool operator==(const DeviceRoute&, const DeviceRoute&) = default;
};

// What find_route_by asks for.
struct RouteQuery {
  IpAddress destination;
  IpAddress source;
  unsigned interface = 0;
  std::uint32_t mark = 0;
};

// How the system would reach an address.
struct RouteLookup {
  unsigned interface = 0;
  std::string device;
  std::optional<IpAddress> source;
  std::uint32_t mtu = 0;  // the route's own, else the device's
};

// Asks the kernel to change interfaces, addresses, routes and rules, and waits for its answer.
// Errors are sentences: "cannot add route 10.2.0.0/16 dev hw0: File exists". One thread.
class Netlink {
 public:
  static Result<Netlink, OsError> open();
  Netlink(Netlink&&) noexcept;
  Netlink& operator=(Netlink&&) noexcept;
  ~Netlink();

  Result<unsigned, OsError> interface_index(const std::string& device);
  Result<std::uint32_t, OsError> interface_mtu(const std::string& device);
  Result<void, OsError> set_mtu(const std::string& device, std::uint32_t mtu);
  Result<void, OsError> set_tx_queue_length(const std::string& device, std::uint32_t packets);
  Result<void, OsError> set_up(const std::string& device, bool up = true);
  // IPv6 addresses are added without duplicate address detection: nobody else is on the link.
  Result<void, OsError> add_address(const std::string& device, const IpPrefix& address);
  Result<void, OsError> delete_address(const std::string& device, const IpPrefix& address);
  Result<void, OsError> add_route(const DeviceRoute& route);
  Result<void, OsError> delete_route(const DeviceRoute& route);
  // For packets with this mark.
  Result<RouteLookup, OsError> find_route(const IpAddress& destination, std::uint32_t mark = 0);
  // The route that packets take that must leave by one interface; its name is left out.
  Result<RouteLookup, OsError> find_route_by(const RouteQuery& query);
  // All interfaces but the loopback, with the addresses that are good for sending; nothing is said
  // of what they reach.
  Result<std::vector<LocalLink>, OsError> links();
  Result<void, OsError> add_rule(const PolicyRule& rule);
  Result<void, OsError> delete_rule(const PolicyRule& rule);
  Result<PolicyNumbers, OsError> policy_numbers();

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const;
  };
  struct Reply;
  explicit Netlink(mnl_socket* socket);

  struct LinkChange {
    std::optional<bool> up = {};
    std::optional<std::uint32_t> mtu = {};
    std::optional<std::uint32_t> tx_queue = {};
  };
  Result<void, OsError> change_link(const std::string& device, const std::string& what,
                                    const LinkChange& change);
  Result<void, OsError> change_address(bool add, const std::string& device,
                                       const IpPrefix& address);
  Result<void, OsError> change_route(bool add, const DeviceRoute& route);
  Result<void, OsError> change_rule(bool add, const PolicyRule& rule);
  // Sends, and reads up to the acknowledgement; messages with contents go to `reply`.
  Result<void, OsError> request(nlmsghdr* message, const std::string& what, Reply* reply);

  std::unique_ptr<mnl_socket, Closer> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace hawser
