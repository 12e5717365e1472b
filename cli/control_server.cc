// SPDX-License-Identifier: Apache-2.0
#include "cli/control_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "cli/control_socket.h"

namespace hawser {

Result<std::unique_ptr<ControlServer>, std::string> ControlServer::open(EventLoop& loop,
                                                                        const std::string& path,
                                                                        Listener& listener) {
  auto socket = bind_control_socket(path);
  if (!socket) return failure(std::move(socket.error()));
  const int fd = socket->fd.get();
  std::unique_ptr<ControlServer> server(new ControlServer(
      loop, path, std::move(socket->fd), socket->made_directory, socket->group, listener));
  if (auto added = loop.add(fd, {}, *server); !added) return failure(added.error().what);
  return server;
}

ControlServer::ControlServer(EventLoop& loop, std::string path, UniqueFd socket,
                             bool made_directory, std::optional<gid_t> group, Listener& listener)
    : loop_(loop),
      path_(std::move(path)),
      socket_(std::move(socket)),
      made_directory_(made_directory),
      group_(group),
      listener_(listener) {}

ControlServer::~ControlServer() {
  loop_.remove(socket_.get());
  unlink(path_.c_str());
  std::error_code error;
  if (made_directory_) {
    std::filesystem::remove(std::filesystem::path(path_).parent_path(), error);
  }
  for (auto& [id, client] : clients_) {
    if (client.fd.is_open()) flush(client);
    drop(client);
  }
}

void ControlServer::handle_event(int fd, Readiness ready) {
  std::erase_if(clients_, [](const auto& entry) { return !entry.second.fd.is_open(); });
  if (fd == socket_.get()) return accept_clients();
  const auto it = std::ranges::find_if(
      clients_, [fd](const auto& entry) { return entry.second.fd.get() == fd; });
  if (it == clients_.end()) return;
  auto& [id, client] = *it;
  client.last_active = ++activity_;
  if (ready.failed && client.ended) return drop(client);
  if (ready.writable) flush(client);
  if (ready.readable && client.fd.is_open() && !client.ended) read_input(client);
  serve(id, client);
}

void ControlServer::accept_clients() {
  UniqueFd fd(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.is_open()) return;
  if (!control_peer_is_allowed(fd.get(), group_)) {
    const std::string line =
        make_error_response({nullptr, "denied", "only root and group hawser may ask", {}});
    // If it does not fit into an empty socket, closing says enough.
    if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
    return;
  }
  make_room();
  Client client;
  client.last_active = ++activity_;
  const int number = fd.get();
  client.fd = std::move(fd);
  if (!loop_.add(number, client.interest, *this)) return;
  clients_.emplace(next_id_++, std::move(client));
}

void ControlServer::make_room() {
  if (clients_.size() < kClientsMax) return;
  // Monitors are silent by nature: they go last.
  const auto oldest = std::ranges::min_element(clients_, {}, [](const auto& entry) {
    return std::pair(entry.second.monitor, entry.second.last_active);
  });
  drop(oldest->second);
  clients_.erase(oldest);
}

void ControlServer::read_input(Client& client) {
  char chunk[kControlRequestMax];
  const ssize_t got = recv(client.fd.get(), chunk, sizeof chunk, 0);
  if (got > 0) {
    client.input.append(chunk, static_cast<std::size_t>(got));
  } else if (got == 0) {
    client.ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    drop(client);
  }
}

void ControlServer::serve(ClientId id, Client& client) {
  client.serving = true;
  while (client.fd.is_open() && !client.waiting && client.output.empty()) {
    const std::size_t end = client.input.find('\n');
    if (end == client.input.npos) {
      if (client.input.size() <= kControlRequestMax) break;
      respond(id,
              make_error_response({nullptr, "too-long", "a request has at most 4096 octets", {}}));
      drop(client);
      break;
    }
    const std::string line = client.input.substr(0, end);
    client.input.erase(0, end + 1);
    client.waiting = true;
    if (const auto request = parse_control_request(line)) {
      listener_.handle_request(id, *request);
    } else {
      respond(id, make_error_response(request.error()));
    }
  }
  client.serving = false;
  update(client);
}

void ControlServer::respond(ClientId id, std::string_view line) {
  const auto it = clients_.find(id);
  if (it == clients_.end() || !it->second.fd.is_open()) return;
  Client& client = it->second;
  client.waiting = false;
  client.output.append(line);
  if (client.output.size() > kControlResponseMax + kMonitorOutputMax) return drop(client);
  flush(client);
  if (!client.serving) serve(id, client);
}

void ControlServer::add_monitor(ClientId id) {
  if (const auto it = clients_.find(id); it != clients_.end()) it->second.monitor = true;
}

void ControlServer::broadcast(std::string_view line) {
  for (auto& [id, client] : clients_) {
    if (!client.monitor || !client.fd.is_open()) continue;
    client.output.append(line);
    if (client.output.size() > kMonitorOutputMax) {
      drop(client);
      continue;
    }
    flush(client);
    update(client);
  }
}

void ControlServer::flush(Client& client) {
  while (!client.output.empty()) {
    const ssize_t sent =
        ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return drop(client);
    client.output.erase(0, static_cast<std::size_t>(sent));
  }
}

void ControlServer::update(Client& client) {
  if (!client.fd.is_open()) return;
  if (client.ended && !client.waiting && client.output.empty() && !client.monitor) {
    return drop(client);
  }
  const Interest wanted{.readable = !client.ended && !client.waiting && client.output.empty(),
                        .writable = !client.output.empty()};
  if (wanted == client.interest) return;
  client.interest = wanted;
  loop_.modify(client.fd.get(), wanted);
}

void ControlServer::drop(Client& client) {
  if (!client.fd.is_open()) return;
  loop_.remove(client.fd.get());
  client.fd.reset();
}

}  // namespace hawser
