// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/seeded_random.h"
#include "tests/support/tunnel_fixture.h"
#include "tunnel/data_plane.h"
#include "tunnel/endpoint.h"

namespace hawser {

// What one direction of a link does to datagrams. Each is drawn from the simulation's seed.
struct LinkSpec {
  Milliseconds delay{10};
  Milliseconds jitter{0};  // uniform, added; may reorder
  double loss = 0;         // shares from 0 to 1
  double reorder = 0;      // late by up to `reorder_delay`
  Milliseconds reorder_delay{20};
  double duplicate = 0;
  double corrupt = 0;          // one flipped bit
  std::uint64_t rate_bps = 0;  // 0: no limit
  std::size_t mtu = 65535;     // larger datagrams vanish
  bool down = false;
};

struct LinkCounters {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;
};

class Simulation;

// One host: an Endpoint, its workers' DataPlanes and a TUN device that remembers what came out.
class SimNode {
 public:
  struct Options {
    std::string name;
    TransportAddress address;
    unsigned workers = 2;
    double missteer = 0;  // share of datagrams that arrive at a worker drawn by chance
  };
  SimNode(Simulation& simulation, const Options& options);

  void configure(EndpointConfig config);
  // Dies and starts again, with nothing but its disk.
  void restart();

  // What is on disk: how far the numbers of a key are used. Writing takes `disk_delay`.
  using Disk = std::map<std::pair<SaDirection, Fingerprint>, SequenceNumber>;
  Disk disk;
  Milliseconds disk_delay{3};
  // As if read from the TUN queue of `worker`.
  void send_inner(Bytes packet, unsigned worker = 0);
  void send_inner_batch(std::vector<InnerPacket> batch, unsigned worker = 0);
  void receive(const TransportAddress& from, const Bytes& datagram);
  void run_timers();
  std::optional<TimePoint> next_timeout() const;

  DataPlane& plane(unsigned worker) { return *planes_.at(worker); }
  std::uint64_t drops(DropReason reason) const;
  std::uint64_t handed_over() const;
  const TransportAddress& address() const { return options_.address; }
  void set_address(const TransportAddress& address) { options_.address = address; }
  Endpoint& endpoint() { return endpoint_; }

  // Inner packets that came out, in order, with the worker that wrote them.
  struct Delivered {
    TimePoint at;
    unsigned worker = 0;
    Bytes packet;
  };
  std::vector<Delivered> delivered;
  std::vector<Event> events;

 private:
  void pump();
  bool pump_worker(unsigned worker);
  void write_to_disk(const ReserveRequested& request);

  Simulation& simulation_;
  Options options_;
  Endpoint endpoint_;
  std::vector<std::unique_ptr<DataPlane>> planes_;
  unsigned life_ = 0;
};

// A virtual network with a virtual clock: everything that happens follows from the seed.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);

  SimNode& add_node(const SimNode::Options& options);
  // One direction.
  void set_link(const SimNode& from, const SimNode& to, const LinkSpec& spec);
  void set_links(const SimNode& a, const SimNode& b, const LinkSpec& both);

  void run_for(Duration duration);
  // False if the limit passed before the predicate held.
  bool run_until(const std::function<bool()>& predicate, Duration limit);
  void at(TimePoint when, std::function<void()> action);

  // Called by nodes: a datagram enters the network.
  void send(const TransportAddress& from, const TransportAddress& to, Bytes datagram);

  // Sees all datagrams that enter the network.
  std::function<void(const TransportAddress& from, const Bytes& datagram)> on_send;

  TimePoint now() const { return now_; }
  SeededRandom& random() { return random_; }
  const LinkCounters& counters(const SimNode& from, const SimNode& to);
  // A digest of everything that was delivered: equal for equal seeds.
  std::uint64_t digest() const;

 private:
  struct Link {
    LinkSpec spec;
    LinkCounters counters;
    TimePoint free_at{};
  };
  struct Scheduled {
    TimePoint when;
    std::uint64_t order;
    std::function<void()> action;
  };

  Link& link(const TransportAddress& from, const TransportAddress& to);
  void deliver_later(Link& link, const TransportAddress& from, const TransportAddress& to,
                     Bytes datagram);
  bool step(TimePoint limit);
  std::optional<TimePoint> next_timeout() const;

  std::uint64_t seed_;
  SeededRandom random_;
  TimePoint now_{Seconds(1)};
  std::uint64_t next_order_ = 0;
  std::vector<Scheduled> queue_;  // a heap
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::map<std::pair<IpAddress, IpAddress>, Link> links_;
};

}  // namespace hawser
