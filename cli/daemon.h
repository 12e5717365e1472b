// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/config_reloader.h"
#include "cli/control_server.h"
#include "cli/running_tunnel.h"
#include "cli/service_notify.h"
#include "tunnel/io/signal_fd.h"

namespace hawser {

// One tunnel as a process: wires it to the signals, the control socket, the service manager and
// the commands of its config. One thread. What it made is gone with it.
class Daemon final : public EventHandler, public ControlServer::Listener {
 public:
  using Options = RunningTunnel::Options;

  // After an error nothing is left behind.
  static Result<std::unique_ptr<Daemon>, StartError> start(Options options);
  ~Daemon() override;

  // Until it is told to stop; an exit code.
  int run();

  void handle_event(int fd, Readiness ready) override;
  void handle_request(ControlServer::ClientId client, const ControlRequest& request) override;

 private:
  // For who asked for it.
  using ReloadDone = RunningTunnel::Changed;

  Daemon() = default;

  Result<void, StartError> open(Options options);
  Result<void, std::string> open_loop();
  // The tunnel works meanwhile.
  Result<void, std::string> call_hook(const std::string& key, const std::string& command);
  void reload(bool first_use, ReloadDone done);
  void finish_reload(const std::optional<ControlError>& error, const ReloadDone& done);
  // Something about peers whose keys are negotiated.
  std::string handle_ike_request(const ControlRequest& request);
  std::string handle_path_request(const ControlRequest& request);
  void publish(std::string_view event, Json members);
  void stop(const std::string& reason);

  // In the order in which they must go: from the last to the first.
  ServiceNotifier service_ = ServiceNotifier::from_environment();
  std::unique_ptr<EventLoop> loop_;
  std::optional<SignalFd> signals_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<RunningTunnel> tunnel_;
  std::unique_ptr<ConfigReloader> reloader_;

  bool starting_ = true;
  bool reloading_ = false;
  bool stopping_ = false;
};

}  // namespace hawser
