// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "multipath/bond.h"
#include "tunnel/outbound_sa.h"

namespace hawser {

// The bond of those SAs that are pair k of each path. Pair k of one end talks to pair k of the
// other, whatever the workers are, so each measures and orders for itself.
struct PeerBond {
  PeerBond(unsigned k, const Bond::Options& options, TimePoint now) : pair(k), bond(options, now) {}

  // To send on; null if there is none.
  OutboundSa* sa_of(PathId path) const {
    return path.value() < sas.size() ? sas[path.value()] : nullptr;
  }
  // On the wire: no other pair uses these buckets.
  std::uint16_t bucket_of(std::uint16_t flow_bucket) const {
    return static_cast<std::uint16_t>(pair << Bond::kBucketBits | flow_bucket);
  }

  unsigned pair;
  Bond bond;
  std::vector<OutboundSa*> sas;  // by path
};

// One worker's bonds with a peer: one for each pair of SAs that this worker owns. Empty towards
// peers without the shim.
class PeerBonds {
 public:
  // Begins anew, with no path.
  void begin(const Bond::Options& options);
  void end();
  // All SAs to send on, after any of them changed. Makes the bonds that are missing.
  void set_sas(std::span<const std::unique_ptr<OutboundSa>> sas, TimePoint now);
  void set_path(const PlannedPath& plan, TimePoint now);
  // The peer is there, as another pair has found out.
  void move_path(PathId path, const AddressPair& addresses, TimePoint now);
  void remove_path(PathId path);
  void set_policies(const TrafficPolicies& policies);

  // Each flow stays with one. Null if there is none.
  PeerBond* for_flow(std::uint32_t hash) {
    return bonds_.empty() ? nullptr : bonds_[hash % bonds_.size()].get();
  }
  PeerBond* find(unsigned pair) const;
  auto all() { return View{bonds_}; }
  std::optional<TimePoint> next_timeout() const;
  // Bond::frame_room of all; unset if there is none.
  std::optional<std::size_t> frame_room(TimePoint now) const;
  void recycle();

 private:
  using Bonds = std::vector<std::unique_ptr<PeerBond>>;
  struct View {
    struct Iterator {
      Bonds::iterator at;
      PeerBond& operator*() const { return **at; }
      Iterator& operator++() {
        ++at;
        return *this;
      }
      friend bool operator==(const Iterator&, const Iterator&) = default;
    };
    Bonds& bonds;
    Iterator begin() const { return {bonds.begin()}; }
    Iterator end() const { return {bonds.end()}; }
  };

  PeerBond& make(unsigned pair, TimePoint now);

  std::optional<Bond::Options> options_;
  std::vector<PlannedPath> plans_;
  Bonds bonds_;
};

}  // namespace hawser
