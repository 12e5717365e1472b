// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>

#include "cli/control_client.h"
#include "cli/event_report.h"
#include "cli/exit_code.h"
#include "cli/privileges.h"
#include "cli/version.h"
#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr WorkerIndex kOnlyWorker{0};

// A socket of one family. IPv6 may be switched off on a host; then only its peers need it.
Result<std::unique_ptr<UdpSocket>, std::string> open_socket(const Config& config, IpFamily family) {
  auto socket = UdpSocket::open({.family = family,
                                 .port = config.interface.listen_port,
                                 .offloads = config.interface.offload.udp});
  if (socket) return std::make_unique<UdpSocket>(std::move(*socket));
  bool needed = family == IpFamily::kV4;
  for (const PeerConfig& peer : config.endpoint.peers) {
    needed = needed || (peer.endpoint && peer.endpoint->address.family() == family);
  }
  if (needed) return failure(socket.error().what);
  spdlog::warn("{}; going on without IPv6 outside", socket.error().what);
  return nullptr;
}

ConfigInForce in_force_of(const Config& config) {
  ConfigInForce result{config.file, config.interface, {}};
  for (const PeerConfig& peer : config.endpoint.peers) {
    result.peers.push_back(
        {peer.name, peer.endpoint, peer.allowed_ips, peer.effective_mtu, peer.keepalive});
  }
  return result;
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
  auto interface = TunnelInterface::open(config);
  if (!interface) return failure(interface.error());
  interface_ = std::move(*interface);
  if (auto opened = open_worker(config); !opened) return opened;

  in_force_ = in_force_of(config);
  used_keys_.remember(UsedKeys::keys_of(config.endpoint));
  if (auto configured = endpoint_.configure(std::move(config.endpoint)); !configured) {
    return failure("peer " + configured.error().peer + ": " + configured.error().what);
  }
  // Before there is another thread: it would keep them. And before a command of the config runs.
  if (auto done = drop_privileges(in_force_.settings.listen_port); !done) return done;
  started_ = monotonic_now();
  spdlog::info("hawserd {} started {}: UDP port {}, MTU {}", kVersion, in_force_.settings.name,
               in_force_.settings.listen_port, interface_->state().mtu);
  spdlog::warn(
      "manual keys start at sequence number 1 at each start: never use a key again after a "
      "restart, make new ones with hawser keygen --manual");
  warn_of_loops();
  pump();
  return {};
}

Result<void, std::string> Daemon::open_worker(const Config& config) {
  auto udp_v4 = open_socket(config, IpFamily::kV4);
  if (!udp_v4) return failure(udp_v4.error());
  auto udp_v6 = open_socket(config, IpFamily::kV6);
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
  return kExitDone;
}

void Daemon::handle_event(int /*fd*/, Readiness /*ready*/) {
  while (const auto signal = signals_->read()) {
    if (*signal == SIGHUP) {
      reload([](const std::optional<ControlError>&) {});
    } else {
      stop(*signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  }
}

void Daemon::pump() {
  const TimePoint now = monotonic_now();
  while (const auto event = worker_->poll_event()) endpoint_.handle_data_plane_event(*event);
  while (auto command = endpoint_.poll_command()) {
    worker_->handle_command(std::move(command->command), now);
  }
  while (const auto event = endpoint_.poll_event()) {
    const EventReport report = report_of(*event);
    spdlog::log(report.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
    publish(report.name, report.members);
  }
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
      return reload([this, client, id](const std::optional<ControlError>& error) {
        if (!error) return control_->respond(client, make_response(id, Json::object()));
        ControlError answer = *error;
        answer.id = id;
        control_->respond(client, make_error_response(answer));
      });
  }
}

void Daemon::reload(ReloadDone done) {
  if (reloader_->is_busy()) {
    return done(ControlError{nullptr, "failed", "a reload is going on; try again", {}});
  }
  service_.reloading(monotonic_now());
  reloader_->start(in_force_.file, [this, done](Result<Config, ConfigErrors> loaded) {
    const auto error = take_config(std::move(loaded));
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

std::optional<ControlError> Daemon::take_config(Result<Config, ConfigErrors> loaded) {
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
  return change_to(std::move(*loaded));
}

std::optional<ControlError> Daemon::change_to(Config config) {
  const InterfaceState before = interface_->state();
  if (auto changed = interface_->change_to(InterfaceState::of(config)); !changed) {
    return ControlError{nullptr, "failed", changed.error(), {}};
  }
  // The endpoint takes the keys, so what is kept of the config is taken first.
  ConfigInForce next = in_force_of(config);
  UsedKeys::Keys sending = UsedKeys::keys_of(config.endpoint);
  if (auto configured = endpoint_.configure(std::move(config.endpoint)); !configured) {
    if (auto back = interface_->change_to(before); !back) spdlog::error("{}", back.error());
    const std::string section = "[peer." + configured.error().peer + "]";
    return config_error(
        {ConfigError{config.file, config.line_of(section), section, configured.error().what}
             .to_string()});
  }
  used_keys_.remember(std::move(sending));
  in_force_ = std::move(next);
  warn_of_loops();
  pump();
  return std::nullopt;
}

StatusSource Daemon::status_source() const {
  const TimePoint now = monotonic_now();
  const InterfaceState& state = interface_->state();
  return {.name = in_force_.settings.name,
          .config_file = in_force_.file,
          .pid = getpid(),
          .uptime = std::chrono::duration_cast<Milliseconds>(now - started_),
          .addresses = state.addresses,
          .routes = state.routes,
          .mtu = state.mtu,
          .peers = in_force_.peers,
          .asked = in_force_.settings.offload,
          .io_setting = in_force_.settings.io,
          .io = worker_->status(),
          .data_plane = worker_->snapshot(),
          .peer_name = [this](PeerId peer) { return endpoint_.peer_name(peer); },
          .now = now};
}

}  // namespace hawser
