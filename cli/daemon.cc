// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon.h"

#include <spdlog/spdlog.h>

#include <csignal>

#include "cli/control_client.h"
#include "cli/event_report.h"
#include "cli/exit_code.h"
#include "cli/hook.h"
#include "cli/paths_report.h"
#include "cli/privileges.h"
#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr Duration kHookPoll = Milliseconds(20);

void log_outcome(const std::string& file, const std::optional<ControlError>& error) {
  if (!error) return spdlog::info("reloaded {}", file);
  if (error->lines.empty()) return spdlog::error("reload failed: {}", error->message);
  for (const std::string& line : error->lines) spdlog::error("reload failed: {}", line);
}

}  // namespace

Daemon::~Daemon() {
  if (loop_ && signals_) loop_->remove(signals_->fd());
}

Result<std::unique_ptr<Daemon>, StartError> Daemon::start(Options options) {
  std::unique_ptr<Daemon> daemon(new Daemon());
  if (auto opened = daemon->open(std::move(options)); !opened) {
    return failure(std::move(opened.error()));
  }
  return daemon;
}

Result<void, std::string> Daemon::open_loop() {
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
  return {};
}

Result<void, StartError> Daemon::open(Options options) {
  if (auto opened = open_loop(); !opened) return failure(StartError(opened.error()));
  auto reloader = ConfigReloader::open(*loop_);
  if (!reloader) return failure(StartError(reloader.error()));
  reloader_ = std::move(*reloader);
  auto control = ControlServer::open(
      *loop_, control_socket_path(options.runtime_dir, options.config.interface.name), *this);
  if (!control) return failure(StartError(control.error()));
  control_ = std::move(*control);
  auto tunnel = RunningTunnel::open(
      *loop_, std::move(options),
      [this](std::string_view event, Json members) { publish(event, std::move(members)); });
  if (!tunnel) return failure(tunnel.error());
  tunnel_ = std::move(*tunnel);

  // Before there is another thread: it would keep them. And before a command of the config runs.
  if (auto done = drop_privileges(tunnel_->settings().listen_port); !done)
    return failure(StartError(done.error()));
  tunnel_->begin();
  if (auto done = call_hook("post-up", tunnel_->settings().post_up); !done)
    return failure(StartError(done.error()));
  starting_ = false;
  return {};
}

Result<void, std::string> Daemon::call_hook(const std::string& key, const std::string& command) {
  if (command.empty()) return {};
  return run_hook({key, command, tunnel_->settings().name}, [this] {
    loop_->run_once(kHookPoll);
    tunnel_->pump();
    return !(starting_ && stopping_);
  });
}

int Daemon::run() {
  service_.ready();
  while (!stopping_) {
    loop_->run_once();
    tunnel_->pump();
    if (tunnel_->failure_of_device()) {
      spdlog::error("{}", tunnel_->failure_of_device()->what);
      stop("the device is gone");
      return kExitFailed;
    }
  }
  if (auto done = call_hook("pre-down", tunnel_->settings().pre_down); !done) {
    spdlog::error("{}", done.error());
  }
  tunnel_->say_goodbye();
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
      return control_->respond(client, make_response(id, make_status(tunnel_->status_source())));
    case ControlCommand::kSas:
      return control_->respond(client, make_response(id, make_sas(tunnel_->status_source())));
    case ControlCommand::kPaths:
      return control_->respond(client, make_response(id, make_paths(tunnel_->status_source())));
    case ControlCommand::kPath:
      return control_->respond(client, handle_path_request(request));
    case ControlCommand::kRekey:
    case ControlCommand::kInitiate:
    case ControlCommand::kTerminate:
      return control_->respond(client, handle_ike_request(request));
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

std::string Daemon::handle_ike_request(const ControlRequest& request) {
  IkeRequest what = request.ike ? IkeRequest::kRekeyIke : IkeRequest::kRekeyChild;
  if (request.command == ControlCommand::kInitiate) what = IkeRequest::kInitiate;
  if (request.command == ControlCommand::kTerminate) what = IkeRequest::kTerminate;
  std::vector<std::string> peers = tunnel_->negotiated_peers();
  if (!request.peer.empty()) peers = {request.peer};
  Json done = Json::array();
  for (const std::string& peer : peers) {
    if (tunnel_->request(peer, what)) done.push_back(peer);
  }
  if (!done.empty()) return make_response(request.id, Json{{"peers", std::move(done)}});
  const std::string whom = request.peer.empty() ? "no peer" : "peer `" + request.peer + "`";
  return make_error_response(
      {request.id, "failed", whom + " has no SA or address for that; see hawser status", {}});
}

std::string Daemon::handle_path_request(const ControlRequest& request) {
  if (auto changed = tunnel_->change_paths(*request.change); !changed) {
    return make_error_response({request.id, "failed", changed.error(), {}});
  }
  return make_response(request.id, Json::object());
}

void Daemon::reload(bool first_use, ReloadDone done) {
  if (reloading_) {
    return done(ControlError{nullptr, "failed", "a reload is going on; try again", {}});
  }
  reloading_ = true;
  service_.reloading(monotonic_now());
  reloader_->start(
      tunnel_->config_file(), [this, first_use, done](Result<Config, ConfigErrors> loaded) {
        if (!loaded) return finish_reload(config_refused(loaded.error()), done);
        tunnel_->change_to(std::move(*loaded), first_use,
                           [this, done](const auto& error) { finish_reload(error, done); });
      });
}

void Daemon::finish_reload(const std::optional<ControlError>& error, const ReloadDone& done) {
  reloading_ = false;
  log_outcome(tunnel_->config_file(), error);
  service_.ready();
  publish("reload", Json{{"ok", !error}});
  done(error);
}

}  // namespace hawser
