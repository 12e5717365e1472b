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
#include "cli/endpoint_names.h"
#include "cli/endpoint_pump.h"
#include "cli/lease_pool.h"
#include "cli/link_watcher.h"
#include "cli/path_changes.h"
#include "cli/path_routes.h"
#include "cli/resolv_conf.h"
#include "cli/sequence_saver.h"
#include "cli/sequence_store.h"
#include "cli/start_error.h"
#include "cli/status_report.h"
#include "cli/tunnel_interface.h"
#include "cli/used_keys.h"
#include "crypto/system_random.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/worker.h"

namespace hawser {

// The answer to who asked for a config that is wrong.
ControlError config_refused(const ConfigErrors& errors);

// What a config is made into: the device, the worker, the endpoint with its keys, the numbers on
// disk; and how it becomes what another config says. One thread. What it made is gone with it.
class RunningTunnel {
 public:
  struct Options {
    Config config;
    std::string runtime_dir;
    std::string state_dir;
    bool first_use = false;  // keys that the state directory does not know are accepted
  };

  // After an error nothing is left behind.
  static Result<std::unique_ptr<RunningTunnel>, StartError> open(EventLoop& loop, Options options,
                                                                 Publish publish);
  RunningTunnel(const RunningTunnel&) = delete;
  RunningTunnel& operator=(const RunningTunnel&) = delete;

  // Looks names up, and carries packets. Starts threads.
  void begin();
  // To be called after each round of the loop.
  void pump();
  // Why there is nothing to pump any more: the device is gone.
  const std::optional<OsError>& failure_of_device() const { return worker_->failure(); }

  // How a change ended; on an error all is as before.
  using Changed = std::function<void(const std::optional<ControlError>& error)>;
  // Packets go on while it waits for the disk. `changed` is called once, now or by the loop. One
  // change at a time.
  void change_to(Config config, bool first_use, Changed changed);
  const InterfaceConfig& settings() const { return in_force_.settings; }
  const std::string& config_file() const { return in_force_.file; }
  StatusSource status_source() const;
  // False if there is no such peer, or nothing to do it to.
  bool request(std::string_view peer, IkeRequest request);
  // Of the peers whose keys are negotiated.
  std::vector<std::string> negotiated_peers() const;
  // In force until the config is read again.
  Result<void, std::string> change_paths(const PathRequest& request);
  // Tells the peers that this is the end.
  void say_goodbye();

 private:
  RunningTunnel(EventLoop& loop, const Config& config);
  PeerSummary* summary_of(const std::string& peer);
  void take_event(const Event& event);
  void take_assigned(const PeerUp& event);
  void take_addresses(const PeerAlsoAt& event);
  Result<void, std::string> open_links();
  void take_links(const std::vector<LocalLink>& links);
  // What may be reached may have changed.
  void refresh_links();

  Result<void, StartError> start(Options options, Publish publish);
  Result<void, std::string> open_network(const std::string& runtime_dir);
  Result<void, std::string> open_names();
  Result<void, StartError> open_sequences(Options& options);
  Result<void, std::string> open_leases(const Options& options);

  // Brings routes, rules and marks to what the config asks for.
  Result<void, std::string> change_network(const ConfigInForce& wanted);
  // What of a config stands against changing to it.
  ConfigErrors find_refusals(const Config& config) const;
  std::optional<ControlError> take(Config config);
  void take_address(const std::string& peer, const TransportAddress& endpoint);
  EndpointWatch::Traffic traffic_of(const std::string& peer) const;
  void warn_of_loops();

  EventLoop& loop_;
  // In the order in which they must go: from the last to the first. The disk is waited for when
  // the device is gone.
  std::optional<SequenceStore> sequences_;
  std::unique_ptr<SequenceSaver> saver_;
  std::unique_ptr<ResolvConf> resolv_conf_;
  std::unique_ptr<TunnelInterface> interface_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<EndpointNames> names_;
  SystemRandom random_;
  LeasePool leases_;
  std::unique_ptr<SequenceSaver> lease_saver_;
  Endpoint endpoint_;
  UsedKeys used_keys_;
  std::optional<EndpointPump> pump_;
  std::optional<PathRoutes> path_routes_;
  std::unique_ptr<LinkWatcher> links_;

  std::map<std::string, HostAndPort, std::less<>> host_names_;  // until they are looked up
  std::optional<Config> next_config_;                           // waits for its keys to be on disk
  ConfigInForce in_force_;
  TimePoint started_;
};

}  // namespace hawser
