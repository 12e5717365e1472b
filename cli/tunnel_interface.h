// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/config_loader.h"
#include "tun/netlink.h"
#include "tun/tun_device.h"

namespace hawser {

// What a config asks the system for beside the device itself.
struct InterfaceState {
  std::uint16_t mtu = 0;
  std::vector<IpPrefix> addresses;
  std::vector<IpPrefix> routes;

  static InterfaceState of(const Config& config);
};

// The TUN device with its addresses, MTU and routes; all are gone with this object.
class TunnelInterface {
 public:
  // The error is a sentence, and nothing is left behind.
  static Result<std::unique_ptr<TunnelInterface>, std::string> open(const Config& config);

  TunDevice& device() { return device_; }
  const InterfaceState& state() const { return state_; }

  // True if packets to the address would go into this very tunnel, by the routes as they are now.
  bool leads_to(const IpAddress& address);

  // Changes only what differs. On an error the old state is put back as far as the system lets us.
  Result<void, std::string> change_to(const InterfaceState& wanted);

 private:
  TunnelInterface(TunDevice device, Netlink netlink)
      : device_(std::move(device)), netlink_(std::move(netlink)) {}

  Result<void, OsError> apply(const InterfaceState& from, const InterfaceState& to);
  Result<void, OsError> remove_stale(const InterfaceState& from, const InterfaceState& to);

  TunDevice device_;
  Netlink netlink_;
  InterfaceState state_;
};

}  // namespace hawser
