// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ike-lite/ike_event.h"
#include "tunnel/sa_selectors.h"
#include "tunnel/worker_command.h"

namespace hawser {

// When a child SA is replaced, when it may carry nothing more, and how late a packet may come.
struct ChildLimits {
  std::uint64_t rekey_packets = 0;  // 0: none but that of the sequence numbers
  std::uint64_t rekey_bytes = 0;
  Duration rekey_time{0};
  std::optional<std::uint32_t> replay_window;  // unset: it sizes itself

  // Of one direction. Time is watched by IKE: here is only what holds if nobody comes to replace
  // the SA.
  SaLifetime lifetime(bool esn) const;
};

// The child SAs that IKE negotiated, and what the workers are to know of them. A peer sends on one
// child, and receives on all that it has.
class ChildSaTable {
 public:
  // What the workers are told goes to `commands`.
  ChildSaTable(unsigned workers, WorkerCommands& commands)
      : workers_(workers), commands_(commands) {}

  // Receives on it from now on.
  void install(ChildInstalled child, const ChildLimits& limits);
  // Sends on it and on no other. False if it is not there.
  bool send_on(PeerId peer, ChildId child);
  void stop_sending(PeerId peer, ChildId child);
  void remove(PeerId peer, ChildId child);
  // All of a peer that is gone; its inbound SPIs.
  std::vector<Spi> remove_peer(PeerId peer);

  bool sends(PeerId peer) const;
  // The first inbound SPI of the child that has this SPI.
  std::optional<Spi> find_inbound(PeerId peer, Spi spi, SaDirection direction) const;

 private:
  struct Child {
    ChildInstalled sas;
    ChildLimits limits;
  };
  struct PeerChildren {
    std::vector<Child> children;
    std::optional<ChildId> sending;
  };

  PeerChildren* find(PeerId peer);
  WorkerIndex owner_of_index(const ChildInstalled& child, std::size_t index) const;
  // One command for each worker, also those that have no SA of the child.
  void replace_outbound(PeerId peer, const Child* child);

  unsigned workers_;
  WorkerCommands& commands_;
  std::unordered_map<PeerId, PeerChildren> peers_;
};

}  // namespace hawser
