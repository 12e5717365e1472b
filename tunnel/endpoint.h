// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/fingerprint.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/endpoint_event.h"
#include "tunnel/packet.h"
#include "tunnel/worker_command.h"

namespace hawser {

// A pair of SAs with keys from a file instead of IKE.
struct ManualSa {
  Spi spi_in;
  Spi spi_out;
  SaKey key_in;
  SaKey key_out;
  bool esn = true;
  std::optional<std::uint32_t> replay_window;  // unset: it sizes itself
  SaLifetime lifetime;
  // Where the numbers go on after an earlier life, and how far the disk knows them (unset: it need
  // not). Of no interest for an SA that runs already.
  SequenceNumber first_out{1};
  SequenceNumber floor_in{0};
  std::optional<SequenceNumber> reserved_out;
  std::optional<SequenceNumber> reserved_in;
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

// What a store of sequence numbers calls the key: never the key.
Fingerprint key_fingerprint(const SaKey& key);

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

  // The peer's endpoint, from now on: its host name was looked up.
  void set_peer_endpoint(std::string_view name, const TransportAddress& endpoint);
  void handle_data_plane_event(const DataPlaneEvent& event);
  // The mark that was requested is on disk.
  void handle_reserved(const ReserveRequested& request);
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
  void request_reserve(const ReserveWanted& wanted);

  Options options_;
  std::vector<Peer> peers_;
  std::uint32_t next_peer_id_ = 1;
  WorkerCommands commands_;
  std::deque<Event> events_;
};

}  // namespace hawser
