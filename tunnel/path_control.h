// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "multipath/link.h"
#include "multipath/multipath_config.h"
#include "multipath/path_planner.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/endpoint_event.h"
#include "tunnel/worker_command.h"

namespace hawser {

// Which paths there are to the peers that have several, and by which of them IKE goes. Plans from
// links, addresses and config, tells the workers, hears from them what works. Control side;
// sans-IO.
class PathControl {
 public:
  explicit PathControl(unsigned workers) : workers_(workers) {}

  void configure(MultipathConfig config);
  void handle_links(std::vector<LocalLink> links);

  // The peer was authenticated and has SAs for several paths: all begins anew. `first` is where
  // that came about.
  struct Begin {
    PeerId peer;
    std::string name;
    AddressPair first;
    std::vector<TransportAddress> remotes;  // that we may go to
    bool is_initiator = false;
    std::size_t slots = 0;
    std::size_t full_frame = 0;
  };
  void begin(Begin begin);
  void end(PeerId peer);
  bool has(PeerId peer) const { return peers_.contains(peer); }
  void set_remotes(PeerId peer, std::vector<TransportAddress> remotes);
  void handle(const PathNews& news);

  // What is said of the paths over each interface, until it is configured anew.
  void change_paths(std::vector<PathConfig> paths);

  // IKE is to go by another path from now on.
  struct IkePath {
    PeerId peer;
    AddressPair addresses;
  };
  std::optional<IkePath> poll_ike_path();
  std::optional<WorkerCommand> poll_command();
  std::optional<Event> poll_event();
  // Our addresses beside `known` that somebody at `remote` might reach.
  std::vector<IpAddress> ways_from(const IpAddress& remote, const IpAddress& known) const;
  // The interface that an address of ours is on; 0: none that is known.
  unsigned link_of(const IpAddress& local) const;

 private:
  struct Seen {
    PathState state{};
    AddressPair addresses;
  };
  struct Peer {
    std::string name;
    PathPlanner planner;
    std::vector<TransportAddress> remotes;
    std::map<PathId, Seen> seen;
    std::map<PathId, PlannedPath> of_peer;  // that it has begun
    AddressPair ike;
  };

  void handle_moved(const PathNews& news, Peer& peer);
  void plan(PeerId id, Peer& peer);
  void plan_of_peer(PeerId id, Peer& peer, const PlanInput& input);
  void choose_ike_path(PeerId id, Peer& peer);
  template <typename Command>
  void tell_workers(const Command& command);

  unsigned workers_;
  MultipathConfig config_;
  std::vector<LocalLink> links_;
  std::unordered_map<PeerId, Peer> peers_;
  WorkerCommands commands_;
  std::deque<Event> events_;
  std::deque<IkePath> ike_paths_;
};

}  // namespace hawser
