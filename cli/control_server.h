// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/control_protocol.h"
#include "tun/unique_fd.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// The daemon's end of the control socket, driven by its event loop. Nothing a client does blocks or
// grows without bound: requests are taken one at a time, output has a limit, and when all places
// are taken the client that was silent longest loses its own.
class ControlServer final : public EventHandler {
 public:
  using ClientId = std::uint64_t;

  class Listener {
   public:
    virtual ~Listener() = default;
    // To be answered with respond, now or later.
    virtual void handle_request(ClientId client, const ControlRequest& request) = 0;
  };

  static constexpr std::size_t kClientsMax = 32;
  static constexpr std::size_t kMonitorOutputMax = 256 * 1024;

  // Makes the directory (mode 0755) if need be. The error is a sentence; also if a daemon with this
  // socket runs already. What a dead daemon left is replaced.
  static Result<std::unique_ptr<ControlServer>, std::string> open(EventLoop& loop,
                                                                  const std::string& path,
                                                                  Listener& listener);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Removes the socket, and the directory if it made it and it is empty; then closes the clients.
  ~ControlServer() override;

  // Sends a response's line. Nothing happens if the client is gone.
  void respond(ClientId client, std::string_view line);
  // Gives the client all events from now on.
  void add_monitor(ClientId client);
  // Sends an event's line to all monitors; who is too slow is closed.
  void broadcast(std::string_view line);

  void handle_event(int fd, Readiness ready) override;

 private:
  struct Client {
    UniqueFd fd;
    std::string input;
    std::string output;
    std::uint64_t last_active = 0;
    Interest interest;
    bool waiting = false;  // a request has no answer yet
    bool serving = false;  // its input is being gone through
    bool monitor = false;
    bool ended = false;  // sends nothing any more
  };

  ControlServer(EventLoop& loop, std::string path, UniqueFd socket, bool made_directory,
                std::optional<gid_t> group, Listener& listener);

  void accept_clients();
  void make_room();
  void read_input(Client& client);
  void serve(ClientId id, Client& client);
  void flush(Client& client);
  void update(Client& client);
  void drop(Client& client);

  EventLoop& loop_;
  std::string path_;
  UniqueFd socket_;
  bool made_directory_;
  std::optional<gid_t> group_;
  Listener& listener_;
  std::map<ClientId, Client> clients_;  // those with a closed descriptor are erased later
  ClientId next_id_ = 1;
  std::uint64_t activity_ = 0;
};

}  // namespace hawser
