// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/config_value.h"
#include "cli/endpoint_watch.h"
#include "cli/name_lookup.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Keeps the addresses of the peers whose endpoint is a host name, without ever waiting for a name
// server. Uses the loop's thread.
class EndpointNames final : public TimedHandler {
 public:
  using HostNames = std::map<std::string, HostAndPort, std::less<>>;  // by peer
  // What the data path has counted for a peer.
  using TrafficOf = std::function<EndpointWatch::Traffic(const std::string& peer)>;
  // A peer has an address, or a new one.
  using Found = std::function<void(const std::string& peer, const TransportAddress& endpoint)>;

  static Result<std::unique_ptr<EndpointNames>, std::string> open(EventLoop& loop,
                                                                  TrafficOf traffic, Found found);
  EndpointNames(const EndpointNames&) = delete;
  EndpointNames& operator=(const EndpointNames&) = delete;
  ~EndpointNames() override;

  // Begins to look up what is new; addresses of names that stay are kept.
  void set(const HostNames& names);
  std::optional<TransportAddress> address_of(const std::string& peer) const;
  // Why the last lookup failed; empty if it did not.
  std::string problem_of(const std::string& peer) const;

  std::optional<TimePoint> next_timeout() const override;
  void handle_timeout(TimePoint now) override;

 private:
  struct Entry {
    HostAndPort name;
    EndpointWatch watch;
    std::optional<TransportAddress> address;
    std::string problem;
  };

  EndpointNames(EventLoop& loop, TrafficOf traffic, Found found);
  static std::string key_of(const std::string& peer, const HostAndPort& name);
  void take(const std::string& key, const Addresses& addresses);

  EventLoop& loop_;
  TrafficOf traffic_;
  Found found_;
  std::unique_ptr<NameLookup> lookup_;
  std::map<std::string, Entry, std::less<>> entries_;  // by peer
  TimePoint next_look_;
};

}  // namespace hawser
