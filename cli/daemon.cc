// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cli/control_client.h"
#include "cli/event_report.h"
#include "cli/exit_code.h"
#include "cli/gateway.h"
#include "cli/hook.h"
#include "cli/privileges.h"
#include "cli/version.h"
#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr WorkerIndex kOnlyWorker{0};
constexpr Duration kHookPoll = Milliseconds(20);

// A socket of one family. IPv6 may be switched off on a host; then only its peers need it.
Result<std::unique_ptr<UdpSocket>, std::string> open_socket(const Config& config, IpFamily family,
                                                            std::uint32_t mark) {
  auto socket = UdpSocket::open({.family = family,
                                 .port = config.interface.listen_port,
                                 .offloads = config.interface.offload.udp,
                                 .mark = mark});
  if (socket) return std::make_unique<UdpSocket>(std::move(*socket));
  bool needed = family == IpFamily::kV4;
  for (const PeerConfig& peer : config.endpoint.peers) {
    needed = needed || (peer.endpoint && peer.endpoint->address.family() == family);
  }
  if (needed) return failure(socket.error().what);
  spdlog::warn("{}; going on without IPv6 outside", socket.error().what);
  return nullptr;
}

ControlError config_error(std::vector<std::string> lines) {
  return {nullptr, "config", "the config is wrong; the running tunnel is unchanged",
          std::move(lines)};
}

}  // namespace

Daemon::Daemon(const Config& config) : endpoint_({.workers = config.interface.workers}) {}

Daemon::~Daemon() {
  if (loop_ && signals_) loop_->remove(signals_->fd());
}

Result<std::unique_ptr<Daemon>, std::string> Daemon::start(Options options) {
  std::unique_ptr<Daemon> daemon(new Daemon(options.config));
  if (auto opened = daemon->open(std::move(options)); !opened) {
    return failure(std::move(opened.error()));
  }
  return daemon;
}

Result<void, std::string> Daemon::open(Options options) {
  auto signals = SignalFd::open({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return failure(signals.error().what);
  signals_ = std::move(*signals);
  auto loop = EpollEventLoop::open();
  if (!loop) return failure(loop.error().what);
  loop_ = std::move(*loop);
  loop_->add_timed(service_);
  if (auto added = loop_->add(signals_->fd(), {}, *this); !added) {
    return failure(added.error().what);
  }
  auto reloader = ConfigReloader::open(*loop_);
  if (!reloader) return failure(reloader.error());
  reloader_ = std::move(*reloader);

  Config& config = options.config;
  auto control = ControlServer::open(
      *loop_, control_socket_path(options.runtime_dir, config.interface.name), *this);
  if (!control) return failure(control.error());
  control_ = std::move(*control);
  in_force_ = in_force_of(config);
  if (auto opened = open_network(options.runtime_dir); !opened) return opened;
  if (auto opened = open_worker(config); !opened) return opened;

  used_keys_.remember(UsedKeys::keys_of(config.endpoint));
  if (auto opened = open_sequences(options); !opened) return opened;
  if (auto configured = endpoint_.configure(std::move(config.endpoint)); !configured) {
    return failure("peer " + configured.error().peer + ": " + configured.error().what);
  }
  // Before there is another thread: it would keep them. And before a command of the config runs.
  if (auto done = drop_privileges(in_force_.settings.listen_port); !done) return done;
  started_ = monotonic_now();
  spdlog::info("hawserd {} started {}: UDP port {}, MTU {}", kVersion, in_force_.settings.name,
               in_force_.settings.listen_port, interface_->state().mtu);
  warn_of_loops();
  names_->set(config.host_names);
  pump();
  if (auto done = call_hook("post-up", in_force_.settings.post_up); !done) return done;
  starting_ = false;
  return {};
}

Result<void, std::string> Daemon::open_network(const std::string& runtime_dir) {
  const InterfaceConfig& settings = in_force_.settings;
  if (auto set = apply_priority(settings.priority); !set) return set;
  const std::string hint = forwarding_hint(settings, in_force_.peers);
  if (!hint.empty()) spdlog::info("{}", hint);
  auto interface = TunnelInterface::open(settings, in_force_.peers, runtime_dir);
  if (!interface) return failure(interface.error());
  interface_ = std::move(*interface);
  auto names = EndpointNames::open(
      *loop_, [this](const std::string& peer) { return traffic_of(peer); },
      [this](const std::string& peer, const TransportAddress& endpoint) {
        take_address(peer, endpoint);
      });
  if (!names) return failure(names.error());
  names_ = std::move(*names);
  return {};
}

Result<void, std::string> Daemon::call_hook(const std::string& key, const std::string& command) {
  if (command.empty()) return {};
  return run_hook({key, command, in_force_.settings.name}, [this] {
    loop_->run_once(kHookPoll);
    pump();
    return !(starting_ && stopping_);
  });
}

EndpointWatch::Traffic Daemon::traffic_of(const std::string& peer) const {
  return peer_traffic(worker_->snapshot(),
                      [&](PeerId id) { return endpoint_.peer_name(id) == peer; });
}

void Daemon::take_address(const std::string& peer, const TransportAddress& endpoint) {
  const auto summary = std::ranges::find(in_force_.peers, peer, &PeerSummary::name);
  if (summary == in_force_.peers.end()) return;
  summary->endpoint = endpoint;
  endpoint_.set_peer_endpoint(peer, endpoint);
  if (auto changed = change_network(in_force_); !changed) spdlog::error("{}", changed.error());
  warn_of_loops();
  pump();
}

Result<void, std::string> Daemon::change_network(const ConfigInForce& wanted) {
  const auto state = interface_->plan(wanted.settings, wanted.peers);
  if (!state) return failure(state.error());
  // First, so that nothing of ours meets the new rules without it.
  if (auto marked = worker_->set_mark(state->mark); !marked) return failure(marked.error().what);
  auto changed = interface_->change_to(*state);
  if (!changed) (void)worker_->set_mark(interface_->state().mark);
  return changed;
}

Result<void, std::string> Daemon::open_worker(const Config& config) {
  auto udp_v4 = open_socket(config, IpFamily::kV4, interface_->state().mark);
  if (!udp_v4) return failure(udp_v4.error());
  auto udp_v6 = open_socket(config, IpFamily::kV6, interface_->state().mark);
  if (!udp_v6) return failure(udp_v6.error());
  worker_ = std::make_unique<Worker>(*loop_, Worker::Options{.index = kOnlyWorker,
                                                             .workers = config.interface.workers,
                                                             .tun = &interface_->device().queue(0),
                                                             .udp_v4 = std::move(*udp_v4),
                                                             .udp_v6 = std::move(*udp_v6),
                                                             .links = {}});
  if (auto started = worker_->start(); !started) return failure(started.error().what);
  return {};
}

void Daemon::warn_of_loops() {
  for (const PeerSummary& peer : in_force_.peers) {
    if (!peer.endpoint || !interface_->leads_to(peer.endpoint->address)) continue;
    spdlog::warn(
        "peer {}: the route to its endpoint {} leads into the tunnel itself, so nothing will reach "
        "it; take that address out of allowed-ips, or add a route to it",
        peer.name, peer.endpoint->to_string());
  }
}

int Daemon::run() {
  service_.ready();
  while (!stopping_) {
    loop_->run_once();
    pump();
    if (worker_->failure()) {
      spdlog::error("{}", worker_->failure()->what);
      stop("the device is gone");
      return kExitFailed;
    }
  }
  if (auto done = call_hook("pre-down", in_force_.settings.pre_down); !done) {
    spdlog::error("{}", done.error());
  }
  return kExitDone;
}

void Daemon::handle_event(int /*fd*/, Readiness /*ready*/) {
  while (const auto signal = signals_->read()) {
    if (*signal == SIGHUP) {
      reload(false, [](const std::optional<ControlError>&) {});
    } else {
      stop(*signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  }
}

void Daemon::pump() {
  while (const auto event = worker_->poll_event()) endpoint_.handle_data_plane_event(*event);
  pump_commands();
  std::vector<ReserveRequested> requests;
  while (const auto event = endpoint_.poll_event()) {
    if (const auto* request = std::get_if<ReserveRequested>(&*event)) {
      requests.push_back(*request);
      continue;
    }
    const EventReport report = report_of(*event);
    spdlog::log(report.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
    publish(report.name, report.members);
  }
  if (!requests.empty()) reserve(requests);
}

void Daemon::pump_commands() {
  const TimePoint now = monotonic_now();
  while (auto command = endpoint_.poll_command()) {
    worker_->handle_command(std::move(command->command), now);
  }
}

Result<void, std::string> Daemon::open_sequences(Options& options) {
  auto store = SequenceStore::open(options.state_dir + "/" + options.config.interface.name);
  if (!store) return failure(store.error());
  sequences_ = std::move(*store);
  return reserve_sequences(options.config.endpoint, *sequences_, options.first_use);
}

void Daemon::reserve(const std::vector<ReserveRequested>& requests) {
  for (const ReserveRequested& request : requests) {
    sequences_->raise(request.direction, request.key, request.mark);
  }
  if (auto saved = sequences_->save(); !saved) {
    // Packets wait, and the SAs ask again.
    return spdlog::error("{}", saved.error());
  }
  for (const ReserveRequested& request : requests) endpoint_.handle_reserved(request);
  pump_commands();
}

void Daemon::publish(std::string_view event, Json members) {
  members["time"] = utc_time_text();
  control_->broadcast(make_event(event, std::move(members)));
}

void Daemon::stop(const std::string& reason) {
  if (stopping_) return;
  stopping_ = true;
  spdlog::info("stopping: {}", reason);
  service_.stopping(reason);
  publish("shutdown", Json{{"reason", reason}});
}

void Daemon::handle_request(ControlServer::ClientId client, const ControlRequest& request) {
  const Json id = request.id;
  if (starting_ && request.command != ControlCommand::kDown) {
    return control_->respond(
        client, make_error_response({id, "failed", "the tunnel is still starting; try again", {}}));
  }
  switch (request.command) {
    case ControlCommand::kStatus:
      return control_->respond(client, make_response(id, make_status(status_source())));
    case ControlCommand::kSas:
      return control_->respond(client, make_response(id, make_sas(status_source())));
    case ControlCommand::kMonitor:
      control_->respond(client, make_response(id, Json::object()));
      return control_->add_monitor(client);
    case ControlCommand::kDown:
      control_->respond(client, make_response(id, Json::object()));
      return stop("hawser down");
    case ControlCommand::kReload:
      return reload(request.first_use,
                    [this, client, id](const std::optional<ControlError>& error) {
                      if (!error)
                        return control_->respond(client, make_response(id, Json::object()));
                      ControlError answer = *error;
                      answer.id = id;
                      control_->respond(client, make_error_response(answer));
                    });
  }
}

void Daemon::reload(bool first_use, ReloadDone done) {
  if (reloader_->is_busy()) {
    return done(ControlError{nullptr, "failed", "a reload is going on; try again", {}});
  }
  service_.reloading(monotonic_now());
  reloader_->start(in_force_.file, [this, first_use, done](Result<Config, ConfigErrors> loaded) {
    const auto error = take_config(std::move(loaded), first_use);
    if (!error) {
      spdlog::info("reloaded {}", in_force_.file);
    } else if (error->lines.empty()) {
      spdlog::error("reload failed: {}", error->message);
    } else {
      for (const std::string& line : error->lines) spdlog::error("reload failed: {}", line);
    }
    service_.ready();
    publish("reload", Json{{"ok", !error}});
    done(error);
  });
}

std::optional<ControlError> Daemon::take_config(Result<Config, ConfigErrors> loaded,
                                                bool first_use) {
  std::vector<std::string> lines;
  if (!loaded) {
    for (const ConfigError& error : loaded.error()) lines.push_back(error.to_string());
    return config_error(std::move(lines));
  }
  const InterfaceConfig& wanted = loaded->interface;
  const auto refuse = [&](std::string_view key, bool differs) {
    if (!differs) return;
    lines.push_back(ConfigError{loaded->file, loaded->line_of(key), std::string(key),
                                "can't change while the tunnel runs; use hawser down and "
                                "hawser up, or put the old value back"}
                        .to_string());
  };
  refuse("name", wanted.name != in_force_.settings.name);
  refuse("listen-port", wanted.listen_port != in_force_.settings.listen_port);
  refuse("workers", wanted.workers != in_force_.settings.workers);
  refuse("sandbox", wanted.sandbox != in_force_.settings.sandbox);
  refuse("io", wanted.io != in_force_.settings.io);
  refuse("nat", wanted.nat != in_force_.settings.nat);
  refuse("pre-down", wanted.pre_down != in_force_.settings.pre_down);
  refuse("nice", wanted.priority.nice != in_force_.settings.priority.nice);
  refuse("scheduler", wanted.priority.scheduler != in_force_.settings.priority.scheduler);
  refuse("offload", wanted.offload.tun != in_force_.settings.offload.tun ||
                        wanted.offload.udp != in_force_.settings.offload.udp);
  if (const std::string peer = used_keys_.find_reuse(loaded->endpoint); !peer.empty()) {
    const std::string section = "[sa." + peer + "]";
    lines.push_back(ConfigError{loaded->file, loaded->line_of(section), "key-file",
                                "the key that it sends with was used before; make new ones with "
                                "`hawser keygen --manual`"}
                        .to_string());
  }
  if (!lines.empty()) return config_error(std::move(lines));
  return change_to(std::move(*loaded), first_use);
}

std::optional<ControlError> Daemon::change_to(Config config, bool first_use) {
  if (auto reserved = reserve_sequences(config.endpoint, *sequences_, first_use); !reserved) {
    return config_error({reserved.error()});
  }
  // The endpoint takes the keys, so what is kept of the config is taken first.
  ConfigInForce next = in_force_of(config);
  keep_addresses(in_force_, next, config.endpoint);
  if (auto changed = change_network(next); !changed) {
    return ControlError{nullptr, "failed", changed.error(), {}};
  }
  UsedKeys::Keys sending = UsedKeys::keys_of(config.endpoint);
  if (auto configured = endpoint_.configure(std::move(config.endpoint)); !configured) {
    if (auto back = change_network(in_force_); !back) spdlog::error("{}", back.error());
    const std::string section = "[peer." + configured.error().peer + "]";
    return config_error(
        {ConfigError{config.file, config.line_of(section), section, configured.error().what}
             .to_string()});
  }
  used_keys_.remember(std::move(sending));
  in_force_ = std::move(next);
  names_->set(config.host_names);
  warn_of_loops();
  pump();
  return std::nullopt;
}

StatusSource Daemon::status_source() const {
  const TimePoint now = monotonic_now();
  const InterfaceState& state = interface_->state();
  std::vector<PeerSummary> peers = in_force_.peers;
  for (PeerSummary& peer : peers) peer.name_problem = names_->problem_of(peer.name);
  return {.name = in_force_.settings.name,
          .config_file = in_force_.file,
          .pid = getpid(),
          .uptime = std::chrono::duration_cast<Milliseconds>(now - started_),
          .addresses = state.addresses,
          .routes = state.destinations(),
          .rules = state.rules,
          .mark = state.mark,
          .mtu = state.mtu,
          .peers = std::move(peers),
          .asked = in_force_.settings.offload,
          .io_setting = in_force_.settings.io,
          .io = worker_->status(),
          .data_plane = worker_->snapshot(),
          .peer_name = [this](PeerId peer) { return endpoint_.peer_name(peer); },
          .now = now};
}

}  // namespace hawser
