// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// All addresses of a host in the order of preference, at least one, or a sentence.
using Addresses = Result<std::vector<IpAddress>, std::string>;

// getaddrinfo: blocks.
Addresses look_up_host(const std::string& host);

// Looks host names up, each on a thread of its own: a slow name server must not stop the packets.
class NameLookup final : public EventHandler {
 public:
  // `key` is the caller's.
  using Done = std::function<void(const std::string& key, Addresses addresses)>;

  // `done` is called by the loop.
  static Result<std::unique_ptr<NameLookup>, std::string> open(EventLoop& loop, Done done);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup() override;

  void start(const std::string& key, const std::string& host);

  void handle_event(int fd, Readiness ready) override;

 private:
  // Outlives this object if the daemon stops while a name is looked up.
  struct Shared;
  NameLookup(EventLoop& loop, std::shared_ptr<Shared> shared, Done done)
      : loop_(loop), shared_(std::move(shared)), done_(std::move(done)) {}

  EventLoop& loop_;
  std::shared_ptr<Shared> shared_;
  Done done_;
};

}  // namespace hawser
