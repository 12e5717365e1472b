// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address_pair.h"
#include "base/time.h"
#include "multipath/path_status.h"
#include "tunnel/drop_reason.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_types.h"

namespace hawser {

struct InboundSaSnapshot {
  PeerId peer;
  Spi spi;
  AeadAlgorithm algorithm{};
  AeadProvider provider{};
  bool esn = false;
  TrafficCounters traffic;
  SequenceNumber highest;
  std::uint32_t replay_window = 0;  // packets
  bool self_sizing = false;
  std::uint64_t reorder_extent = 0;  // packets, in the last seconds; if self-sizing
  std::uint64_t replayed = 0;
  std::uint64_t too_old = 0;
  std::uint64_t icv_failed = 0;
  PathId path;
};

struct OutboundSaSnapshot {
  PeerId peer;
  Spi spi;
  AeadAlgorithm algorithm{};
  AeadProvider provider{};
  bool esn = false;
  TrafficCounters traffic;
  SequenceNumber sent;  // the last number used
};

struct PeerSnapshot {
  PeerId peer;
  std::optional<AddressPair> path;
  std::optional<TimePoint> last_received;  // the last authentic packet
  // What SAs carried that are gone.
  TrafficCounters retired_in = {};
  TrafficCounters retired_out = {};
  std::optional<BondStatus> bond = {};
  std::size_t effective_mtu = 0;  // the largest inner packet that its paths take; 0: not known
};

// What one worker shows to status and sas: plain values, taken by its own thread.
struct DataPlaneSnapshot {
  DropCounters drops;
  std::vector<PeerSnapshot> peers;
  std::vector<InboundSaSnapshot> inbound;
  std::vector<OutboundSaSnapshot> outbound;
  // How well the batches work: packets per send and per TUN write.
  std::uint64_t transmits = 0;
  std::uint64_t inner_writes = 0;
  std::uint64_t handed_over = 0;
};

}  // namespace hawser
