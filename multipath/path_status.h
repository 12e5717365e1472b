// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address_pair.h"
#include "base/spi.h"
#include "base/time.h"
#include "multipath/path_estimate.h"
#include "multipath/path_id.h"
#include "multipath/path_state.h"
#include "multipath/path_view.h"
#include "multipath/traffic_class.h"

namespace hawser {

// The replay window of one inbound SA of a path.
struct PathWindow {
  Spi spi;
  std::uint32_t packets = 0;         // its size now
  std::uint64_t reorder_extent = 0;  // packets, in the last seconds
  std::uint64_t too_old = 0;         // packets that came too late for it
};

// Whether a path is used for a class of traffic.
struct PathUse {
  bool used = false;
  double score = 0;
  std::string why;  // a clause for people: "its delay is 280 ms above fibre's"
};

// One path as people see it. A value, taken by its worker's own thread.
struct PathStatus {
  PathId id;
  std::string name;       // of [path.NAME], else of the interface
  std::string interface;  // empty: the system chooses
  unsigned link = 0;      // its index; 0: the system chooses
  AddressPair addresses;
  PathState state{};
  std::string reason;              // of the state
  std::optional<TimePoint> since;  // when it came into this state
  std::uint64_t state_changes = 0;
  PathPreference preference;
  PathEstimate sending;
  PathEstimate receiving;
  std::uint64_t rate_bps = 0;      // of the rate control; 0: unconstrained
  std::uint64_t sent_packets = 0;  // of all kinds
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_packets = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t control_bytes = 0;  // of those sent: probes, reports, challenges
  std::uint16_t mtu = 0;            // outer; 0: not known
  std::vector<PathWindow> windows;
  std::array<PathUse, kTrafficClasses> use;  // by TrafficClass
};

// Reordering of what came from a peer, by RFC 4737 section 3.3.
struct ReorderStatus {
  std::uint64_t packets = 0;
  std::uint64_t reordered = 0;
  std::uint64_t extent = 0;  // packets, in the last seconds
};

// All paths to one peer, of one worker.
struct BondStatus {
  std::vector<PathStatus> paths;
  std::optional<PathId> primary;
  std::uint64_t primary_changes = 0;
  std::array<std::string, kTrafficClasses> policy;  // by TrafficClass: "aggregate"
  ReorderStatus arrived;                            // before the resequencer
  ReorderStatus delivered;                          // behind it
  std::uint64_t duplicates_dropped = 0;
  std::uint64_t late_dropped = 0;
  std::uint64_t recovered = 0;  // packets that came after they were asked for
  std::uint64_t waiting = 0;    // packets that wait for one before them
  std::uint64_t parity_sent = 0;
  std::uint64_t parity_recovered = 0;  // packets that were made again by parity frames
};

}  // namespace hawser
