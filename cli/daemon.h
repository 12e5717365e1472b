// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_loader.h"
#include "cli/config_reloader.h"
#include "cli/control_server.h"
#include "cli/service_notify.h"
#include "cli/status_report.h"
#include "cli/tunnel_interface.h"
#include "cli/used_keys.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/signal_fd.h"
#include "tunnel/io/worker.h"

namespace hawser {

// What is kept of a config when the endpoint has taken the keys.
struct ConfigInForce {
  std::string file;
  InterfaceConfig settings;
  std::vector<PeerSummary> peers;
};

// One tunnel: puts the parts together, and carries between the endpoint, its worker, the system and
// the control socket what they have for each other. One thread. What it made is gone with it.
class Daemon final : public EventHandler, public ControlServer::Listener {
 public:
  struct Options {
    Config config;
    std::string runtime_dir;
  };

  // The error is a sentence, and nothing is left behind.
  static Result<std::unique_ptr<Daemon>, std::string> start(Options options);
  ~Daemon() override;

  // Until it is told to stop; an exit code.
  int run();

  void handle_event(int fd, Readiness ready) override;
  void handle_request(ControlServer::ClientId client, const ControlRequest& request) override;

 private:
  // How a reload ended, for who asked for it.
  using ReloadDone = std::function<void(const std::optional<ControlError>& error)>;

  explicit Daemon(const Config& config);

  Result<void, std::string> open(Options options);
  Result<void, std::string> open_worker(const Config& config);

  void warn_of_loops();
  void pump();
  void publish(std::string_view event, Json members);
  void stop(const std::string& reason);

  void reload(ReloadDone done);
  std::optional<ControlError> take_config(Result<Config, ConfigErrors> loaded);
  std::optional<ControlError> change_to(Config config);
  StatusSource status_source() const;

  // In the order in which they must go: from the last to the first.
  ServiceNotifier service_ = ServiceNotifier::from_environment();
  std::unique_ptr<EventLoop> loop_;
  std::optional<SignalFd> signals_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<TunnelInterface> interface_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<ConfigReloader> reloader_;
  Endpoint endpoint_;
  UsedKeys used_keys_;

  ConfigInForce in_force_;
  TimePoint started_;
  bool stopping_ = false;
};

}  // namespace hawser
