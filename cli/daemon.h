// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_in_force.h"
#include "cli/config_loader.h"
#include "cli/config_reloader.h"
#include "cli/control_server.h"
#include "cli/endpoint_names.h"
#include "cli/sequence_store.h"
#include "cli/service_notify.h"
#include "cli/status_report.h"
#include "cli/tunnel_interface.h"
#include "cli/used_keys.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/signal_fd.h"
#include "tunnel/io/worker.h"

namespace hawser {

// One tunnel: puts the parts together, and carries between the endpoint, its worker, the system and
// the control socket what they have for each other. One thread. What it made is gone with it.
class Daemon final : public EventHandler, public ControlServer::Listener {
 public:
  struct Options {
    Config config;
    std::string runtime_dir;
    std::string state_dir;
    bool first_use = false;  // keys that the state directory does not know are accepted
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

  Result<void, std::string> open_network(const std::string& runtime_dir);
  // The tunnel works meanwhile.
  Result<void, std::string> call_hook(const std::string& key, const std::string& command);
  // Brings routes, rules and marks to what the config asks for.
  Result<void, std::string> change_network(const ConfigInForce& wanted);
  void take_address(const std::string& peer, const TransportAddress& endpoint);
  EndpointWatch::Traffic traffic_of(const std::string& peer) const;

  void warn_of_loops();
  Result<void, std::string> open_sequences(Options& options);
  void pump();
  void pump_commands();
  // Puts the marks on disk, and tells the endpoint.
  void reserve(const std::vector<ReserveRequested>& requests);
  void publish(std::string_view event, Json members);
  void stop(const std::string& reason);

  void reload(bool first_use, ReloadDone done);
  std::optional<ControlError> take_config(Result<Config, ConfigErrors> loaded, bool first_use);
  std::optional<ControlError> change_to(Config config, bool first_use);
  StatusSource status_source() const;

  // In the order in which they must go: from the last to the first.
  ServiceNotifier service_ = ServiceNotifier::from_environment();
  std::unique_ptr<EventLoop> loop_;
  std::optional<SignalFd> signals_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<TunnelInterface> interface_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<EndpointNames> names_;
  std::unique_ptr<ConfigReloader> reloader_;
  Endpoint endpoint_;
  UsedKeys used_keys_;
  std::optional<SequenceStore> sequences_;

  ConfigInForce in_force_;
  TimePoint started_;
  bool starting_ = true;
  bool stopping_ = false;
};

}  // namespace hawser
