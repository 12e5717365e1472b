// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/fingerprint.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/endpoint_config.h"
#include "tunnel/endpoint_event.h"
#include "tunnel/ike_wiring.h"
#include "tunnel/packet.h"
#include "tunnel/worker_command.h"

namespace hawser {

// What a store of sequence numbers calls the key: never the key.
Fingerprint key_fingerprint(const SaKey& key);

// The control side: knows peers and SAs, and tells the workers. Sans-IO; one thread. Wires and
// routes; each duty (an IKE exchange, a probe, a rekey) has its own file.
class Endpoint {
 public:
  struct Options {
    unsigned workers = 1;
    std::optional<IkeOptions> ike;  // unset: all keys are manual
  };
  explicit Endpoint(const Options& options);

  // Replaces the set of peers. What did not change is left alone: its SAs keep their counters. On
  // an error nothing has changed. An outbound key that is already in use can't be given to another
  // SA: its nonces would repeat.
  Result<void, ConfigureError> configure(EndpointConfig config, TimePoint now = {});

  // The peer's endpoint, from now on: its host name was looked up.
  void set_peer_endpoint(std::string_view name, const TransportAddress& endpoint,
                         TimePoint now = {});
  void handle_data_plane_event(const DataPlaneEvent& event, TimePoint now = {});
  // The mark that was requested is on disk.
  void handle_reserved(const ReserveRequested& request);
  std::optional<WorkerCommand> poll_command();
  std::optional<Event> poll_event();

  // Of the key exchange, if there is one. The packet's memory is overwritten.
  void handle_control(ControlPacket& packet, TimePoint now);
  // Local addresses or routes changed.
  void handle_link_change(TimePoint now);
  // What links there are, after any of them changed. For peers with several paths.
  void handle_links(std::vector<LocalLink> links, TimePoint now);
  // What is said of the paths over each interface, until the next configure().
  void change_paths(std::vector<PathConfig> paths);
  // The interface to send by from an address of ours; 0: the system chooses.
  unsigned link_of(const IpAddress& local) const;
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<IkeTransmit> poll_transmit();
  // What somebody asks of a peer's keys; false if there is no such peer or nothing to do it to.
  bool request(std::string_view name, IkeRequest request, TimePoint now);
  // Tells the peers that this is the end.
  void shut_down(TimePoint now);
  // True if there are SAs to send to the peer on.
  bool has_keys(std::string_view name) const;
  std::vector<IkePeerStatus> ike_status(TimePoint now) const;
  std::optional<IkeCounters> ike_counters() const;

  // Empty if there is no such peer (any more).
  std::string peer_name(PeerId peer) const;

 private:
  struct Peer {
    PeerId id;
    PeerConfig config;
    bool negotiated = false;
  };
  std::optional<ConfigureError> find_error(const EndpointConfig& config) const;
  bool sends_already(const PeerConfig& peer, std::size_t index) const;
  Peer* find(std::string_view name);
  Peer* find(PeerId id);
  void keep_peers(const EndpointConfig& config);
  void index_peer(std::size_t index);
  void add_peer(PeerConfig config, bool negotiated);
  void update_peer(Peer& peer, PeerConfig config);
  void remove_peer(const Peer& peer);
  void install_settings(const Peer& peer);
  void install_sa(const Peer& peer, const ManualSa& sa, std::size_t index);
  void remove_sa(const Peer& peer, const ManualSa& sa, std::size_t index);
  WorkerIndex owner_of(std::size_t sa_index) const;
  void request_reserve(const ReserveWanted& wanted);
  void configure_ike(EndpointConfig& config, std::vector<IkePeerSettings> peers, TimePoint now);
  // Takes what IKE has to say.
  void collect();

  Options options_;
  std::unique_ptr<IkeWiring> ike_;
  std::vector<Peer> peers_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<PeerId, std::size_t> by_id_;
  std::uint32_t next_peer_id_ = 1;
  WorkerCommands commands_;
  std::deque<Event> events_;
};

}  // namespace hawser
