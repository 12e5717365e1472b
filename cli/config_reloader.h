// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/config_loader.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Loads a config on a thread of its own: a slow name server must not stop the packets.
class ConfigReloader final : public EventHandler {
 public:
  using Done = std::function<void(Result<Config, ConfigErrors>)>;

  static Result<std::unique_ptr<ConfigReloader>, std::string> open(EventLoop& loop);
  ConfigReloader(const ConfigReloader&) = delete;
  ConfigReloader& operator=(const ConfigReloader&) = delete;
  ~ConfigReloader() override;

  // `done` is called by the loop. One at a time.
  void start(const std::string& file, Done done);

  void handle_event(int fd, Readiness ready) override;

 private:
  // Outlives the reloader if the daemon stops while a name is looked up.
  struct Shared;

  explicit ConfigReloader(EventLoop& loop, std::shared_ptr<Shared> shared)
      : loop_(loop), shared_(std::move(shared)) {}

  EventLoop& loop_;
  std::shared_ptr<Shared> shared_;
  Done done_;
};

}  // namespace hawser
