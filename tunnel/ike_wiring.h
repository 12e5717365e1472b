// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ike-lite/ike_engine.h"
#include "tunnel/child_sa_table.h"
#include "tunnel/control_queue.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/endpoint_event.h"
#include "tunnel/ike_peer_settings.h"
#include "tunnel/path_control.h"
#include "tunnel/spi_allocator.h"
#include "tunnel/worker_command.h"

namespace hawser {

// What the control side is made with if keys are to be negotiated.
struct IkeOptions {
  Random* random = nullptr;     // must outlive what is made
  AddressPool* pool = nullptr;  // likewise; may be null
  std::int64_t epoch_offset = 0;
};

// What somebody asks of a peer's keys.
enum class IkeRequest : std::uint8_t { kInitiate, kTerminate, kRekeyIke, kRekeyChild };

// Between the IKE engine and the workers: what the engine negotiates becomes commands, what the
// workers see becomes news for the engine. Decides nothing about IKE. Sans-IO; one thread. After
// each call the owner polls until empty.
class IkeWiring {
 public:
  IkeWiring(const IkeOptions& options, unsigned workers);
  IkeWiring(const IkeWiring&) = delete;
  IkeWiring& operator=(const IkeWiring&) = delete;

  // Replaces the set of peers; those whose config did not change keep their SAs.
  void configure(IkeLocalConfig local, std::vector<IkePeerSettings> peers,
                 MultipathConfig multipath, TimePoint now);
  void set_endpoint(PeerId peer, const TransportAddress& endpoint, TimePoint now);
  // Its memory is overwritten.
  void handle_control(ControlPacket& packet, TimePoint now);
  // False if it is about no peer of ours.
  bool handle_data_plane_event(const DataPlaneEvent& event, TimePoint now);
  void handle_link_change(TimePoint now);
  void handle_links(std::vector<LocalLink> links, TimePoint now);
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const { return engine_.next_timeout(); }
  void shut_down(TimePoint now);

  std::optional<IkeTransmit> poll_transmit() { return engine_.poll_transmit(); }
  std::optional<WorkerCommand> poll_command();
  std::optional<Event> poll_event();
  // A peer whose InstallPeer is to be sent again.
  std::optional<PeerId> poll_changed();
  // What IKE knows of a peer, into what the config says.
  void complete(InstallPeer& install) const;

  // False if there is nothing to do it to.
  bool request(PeerId peer, IkeRequest request, TimePoint now);
  std::vector<IkePeerStatus> status(TimePoint now) const { return engine_.status(now); }
  IkeCounters counters() const { return engine_.counters(); }
  bool sends(PeerId peer) const { return children_.sends(peer); }
  void change_paths(std::vector<PathConfig> paths);
  // The interface to send by from an address; 0: the system chooses.
  unsigned link_of(const IpAddress& local) const { return paths_.link_of(local); }
  bool has_peers() const { return !peers_.empty(); }

 private:
  struct Peer {
    std::string name;
    ChildLimits limits;
    Duration report_interval{0};
    bool on_demand = false;
    std::optional<AddressPair> path;
    bool peer_behind_nat = false;
    bool we_are_behind_nat = false;
    std::vector<IpAddress> given;           // addresses of our pool that are behind the peer
    std::vector<TransportAddress> remotes;  // of the config and of DNS
    std::vector<IpAddress> also_at;         // as it says
    std::optional<IpAddress> came_to;       // the address of ours that it knows, if it began
    std::vector<IpAddress> offered;         // further ones that it was told
    std::uint16_t effective_mtu = 0;
    // Authenticated, and no SAs of that have come yet.
    std::optional<PathControl::Begin> beginning;
  };

  Peer* find(PeerId peer);
  void take_events();
  void take_path_news();
  void forget_others(std::vector<PeerId> kept);
  void handle(ChildInstalled& event);
  void handle(ChildSending& event);
  void handle(ChildDraining& event);
  void handle(ChildRemoved& event);
  void handle(PeerEstablished& event);
  void handle(PeerPathChanged& event);
  void handle(PeerAddressesOffered& event);
  void handle(PeerLost& event);
  void handle(PeerTrouble& event);
  void handle(PeerAddressGiven& event);
  void handle(PeerAddressReturned& event);
  void set_path(PeerId id, Peer& peer, const AddressPair& path);
  std::vector<TransportAddress> remotes_of(const Peer& peer) const;
  void offer_addresses(TimePoint now);
  void take_learned(const PeerAddressLearned& learned, TimePoint now);
  void take_lifetime(const LifetimeReached& reached, TimePoint now);

  unsigned workers_;
  SpiAllocator spis_;
  IkeEngine engine_;
  WorkerCommands commands_;
  ChildSaTable children_;
  PathControl paths_;
  std::deque<Event> events_;
  std::deque<PeerId> changed_;
  std::unordered_map<PeerId, Peer> peers_;
  bool is_ending_ = false;  // nobody is to be told that peers are lost
};

}  // namespace hawser
