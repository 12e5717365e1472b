// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/bond_flow.h"
#include "tests/sim/bond_link.h"
#include "tests/sim/bond_side.h"

namespace hawser {

// Two ends with several links between them, a virtual clock, and inner flows that go on for as long
// as the simulation runs. The left end has the links and plans the paths: link i is path i. The
// right one knows the first and hears of the others. What happens follows from the seed.
class BondSimulation {
 public:
  struct Options {
    std::uint64_t seed = 1;
    unsigned left_workers = 2;
    unsigned right_workers = 3;
    double missteer = 0;
    SetTraffic traffic;
    bool record = false;  // state changes, for story()
  };
  explicit BondSimulation(const Options& options);

  // Before begin().
  BondLink& add_link(const BondWay& both);
  void add_flow(const BondFlowSpec& spec);
  // With paths over the first `links` links.
  void begin(std::size_t links);

  void plan(std::size_t link);  // again after each change of plan_of()
  void remove(std::size_t link);
  PlannedPath& plan_of(std::size_t link) { return plans_.at(link); }
  bool is_planned(std::size_t link) const { return is_planned_.at(link); }
  // A new address and port outside; datagrams to the old one are lost.
  void rebind(std::size_t link);
  // The left end's address on the link is another.
  void readdress(std::size_t link);
  void rekey();

  void run_for(Duration time);
  // False if the limit passed before the predicate held; looks at it every 10 ms.
  [[nodiscard]] bool run_until(const std::function<bool()>& predicate, Duration limit);
  void at(TimePoint when, std::function<void()> action);
  // A datagram of an attacker at `source` arrives at an end now.
  void inject(BondEnd to, const AddressPair& from, Bytes datagram);

  // Called by the sides.
  void send(BondEnd from, const AddressPair& addresses, Bytes datagram, bool may_fragment);
  void note_delivered(BondEnd at, unsigned worker, ByteSpan packet);
  void note_news(BondEnd at, unsigned worker, const PathNews& news);

  // Sees what enters the network.
  std::function<void(BondEnd from, const AddressPair& addresses, const Bytes& datagram)> on_send;
  std::function<void(BondEnd at, const PathNews& news)> on_news;
  // True: the delivered packet is of none of the flows here.
  std::function<bool(BondEnd at, ByteSpan packet)> take_delivered;

  TimePoint now() const { return now_; }
  BondSide& side(BondEnd end) { return end == BondEnd::kLeft ? left_ : right_; }
  BondLink& link(std::size_t index) { return *links_.at(index); }
  std::size_t link_count() const { return links_.size(); }
  std::vector<BondFlow>& flows() { return flows_; }
  std::uint64_t datagrams() const { return datagrams_; }
  std::uint64_t astray() const { return astray_; }    // to where there is no link
  std::uint64_t unsound() const { return unsound_; }  // delivered, and sent by no flow
  std::uint64_t digest() const;
  // Paths that data does not go by, with their state and its reason.
  std::map<std::string, std::string> unusable_paths();
  const std::string& story() const { return story_; }
  void tell(const std::string& line);

 private:
  struct Scheduled {
    TimePoint when;
    std::uint64_t order = 0;
    std::function<void()> action;
  };
  static bool is_later(const Scheduled& a, const Scheduled& b);

  BondLink* route(BondEnd from, const AddressPair& addresses);
  void next_packet(std::size_t flow);
  bool step(TimePoint limit);
  void expect_progress();

  Options options_;
  SeededRandom random_;
  TimePoint now_{Seconds(1000)};
  BondSide left_;
  BondSide right_;
  std::vector<std::unique_ptr<BondLink>> links_;
  std::vector<PlannedPath> plans_;
  std::vector<bool> is_planned_;
  std::vector<BondFlow> flows_;
  std::vector<Scheduled> queue_;  // a heap
  std::uint64_t next_order_ = 0;
  unsigned generation_ = 0;
  unsigned addresses_ = 0;  // that were given
  TimePoint stepped_;       // last
  unsigned steps_at_once_ = 0;
  std::uint64_t datagrams_ = 0;
  std::uint64_t astray_ = 0;
  std::uint64_t unsound_ = 0;
  std::string story_;
};

}  // namespace hawser
