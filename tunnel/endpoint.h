// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "tunnel/data_plane_command.h"
#include "tunnel/packet.h"

namespace hawser {

// A pair of SAs with keys from a file instead of IKE.
struct ManualSa {
  Spi spi_in;
  Spi spi_out;
  SaKey key_in;
  SaKey key_out;
  bool esn = true;
  std::uint32_t replay_window = ReplayWindow::kDefaultCapacity;
};

struct PeerConfig {
  std::string name;
  std::optional<TransportAddress> endpoint;  // unset: the peer begins, its address is learned
  std::vector<IpPrefix> allowed_ips;
  Milliseconds keepalive{0};
  std::uint16_t effective_mtu = 0;
  std::vector<ManualSa> sas;  // index k is owned by worker k mod workers
};

struct EndpointConfig {
  std::uint16_t listen_port = 4500;
  std::vector<PeerConfig> peers;
};

// One sentence naming the peer and what would be right.
struct ConfigureError {
  std::string peer;
  std::string what;
};

struct PeerAdded {
  PeerId peer;
  std::string name;
};
struct PeerRemoved {
  PeerId peer;
  std::string name;
};
struct PeerChanged {
  PeerId peer;
  std::string name;
};
struct PeerMoved {
  PeerId peer;
  std::string name;
  AddressPair path;
};
struct SaExhausted {
  PeerId peer;
  std::string name;
  Spi spi;
};
using Event = std::variant<PeerAdded, PeerRemoved, PeerChanged, PeerMoved, SaExhausted>;

struct WorkerCommand {
  WorkerIndex worker;
  DataPlaneCommand command;
};

// The control side: knows peers and SAs, and tells the workers. Sans-IO; one thread. Wires and
// routes; each duty (an IKE exchange, a probe, a rekey) has its own file.
class Endpoint {
 public:
  struct Options {
    unsigned workers = 1;
  };
  Endpoint(const Options& options, Random& random);

  // Replaces the set of peers. What did not change is left alone: its SAs keep their counters. On
  // an error nothing has changed. An outbound key that is already in use can't be given to another
  // SA: its nonces would repeat.
  Result<void, ConfigureError> configure(EndpointConfig config, TimePoint now);

  void handle_data_plane_event(const DataPlaneEvent& event, TimePoint now);
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<WorkerCommand> poll_command();
  std::optional<Event> poll_event();

  // Empty if there is no such peer (any more).
  std::string peer_name(PeerId peer) const;
  const EndpointConfig& config() const { return config_; }

 private:
  struct Peer {
    PeerId id;
    PeerConfig config;
  };
  const Peer* find(std::string_view name) const;

  Options options_;
  Random& random_;
  EndpointConfig config_;
  std::vector<Peer> peers_;
  std::uint32_t next_peer_id_ = 1;
  std::deque<WorkerCommand> commands_;
  std::deque<Event> events_;
};

}  // namespace hawser
