// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ip_address.h"
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
  std::optional<std::uint32_t> replay_window;  // unset: it sizes itself
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
struct SaUnusable {
  PeerId peer;
  std::string name;
  Spi spi;
};
using Event = std::variant<PeerAdded, PeerRemoved, PeerChanged, PeerMoved, SaExhausted, SaUnusable>;

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
  explicit Endpoint(const Options& options) : options_(options) {}

  // Replaces the set of peers. What did not change is left alone: its SAs keep their counters. On
  // an error nothing has changed. An outbound key that is already in use can't be given to another
  // SA: its nonces would repeat.
  Result<void, ConfigureError> configure(EndpointConfig config);

  void handle_data_plane_event(const DataPlaneEvent& event);
  std::optional<WorkerCommand> poll_command();
  std::optional<Event> poll_event();

  // Empty if there is no such peer (any more).
  std::string peer_name(PeerId peer) const;

 private:
  struct Peer {
    PeerId id;
    PeerConfig config;
  };
  std::optional<ConfigureError> find_error(const EndpointConfig& config) const;
  bool sends_already(const PeerConfig& peer, std::size_t index) const;
  Peer* find(std::string_view name);
  void add_peer(PeerConfig config);
  void update_peer(Peer& peer, PeerConfig config);
  void remove_peer(const Peer& peer);
  void install_settings(const Peer& peer);
  void install_sa(const Peer& peer, const ManualSa& sa, std::size_t index);
  void remove_sa(const Peer& peer, const ManualSa& sa, std::size_t index);
  WorkerIndex owner_of(std::size_t sa_index) const;

  Options options_;
  std::vector<Peer> peers_;
  std::uint32_t next_peer_id_ = 1;
  std::deque<WorkerCommand> commands_;
  std::deque<Event> events_;
};

}  // namespace hawser
