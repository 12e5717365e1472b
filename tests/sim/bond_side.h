// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/bond_link.h"
#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"
#include "tunnel/data_plane.h"

namespace hawser {

class BondSimulation;

// One end of a bond: its workers' DataPlanes, with what a control side would tell them given by the
// test. Its peer is number 1; pair k of a path's SAs belongs to worker k, in turn.
class BondSide {
 public:
  static constexpr PeerId kPeer{1};
  static constexpr unsigned kSlots = 8;

  struct Options {
    BondEnd end = BondEnd::kLeft;
    unsigned workers = 2;
    unsigned peer_workers = 3;
    double missteer = 0;  // share of datagrams that arrive at a worker drawn by chance
    std::uint64_t seed = 1;
  };
  BondSide(BondSimulation& simulation, const Options& options);

  // The peer, its bond, and the SAs of all slots; no path yet.
  void begin(const SetTraffic& traffic, const AddressPair& first);
  void set_path(const PlannedPath& path);
  void move_path(PathId path, const AddressPair& addresses);
  void remove_path(PathId path);
  void set_traffic(const SetTraffic& traffic);
  // The steps of a rekey: both ends install, then both send, then both remove.
  void install_inbound(unsigned generation);
  void replace_outbound(unsigned generation);
  void remove_inbound(unsigned generation);

  void send_inner(Bytes packet, unsigned worker);
  // `from` is its source, as it is seen here.
  void receive(const AddressPair& from, Bytes datagram);
  void handle_too_big(const TooBig& news);
  void run_timers();
  std::optional<TimePoint> next_timeout() const;

  unsigned workers() const { return options_.workers; }
  std::uint64_t drops(DropReason reason) const;
  std::uint64_t handed_over() const;
  // What each worker says of its first bond.
  std::vector<BondStatus> status() const;

 private:
  unsigned pairs() const { return std::max(options_.workers, options_.peer_workers); }
  // Of those that come in at an end.
  Spi spi_of(BondEnd at, PathId path, unsigned pair, unsigned generation) const;
  void tell(unsigned worker, DataPlaneCommand command);
  template <typename Command>
  void tell_all(const Command& command);
  void pump();
  bool pump_worker(unsigned worker);

  BondSimulation& simulation_;
  Options options_;
  SeededRandom random_;
  std::vector<std::unique_ptr<DataPlane>> planes_;
};

}  // namespace hawser
