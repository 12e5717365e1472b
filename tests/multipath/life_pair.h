// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "multipath/path_life.h"
#include "multipath/path_receiver.h"
#include "multipath/path_sender.h"
#include "tests/support/seeded_random.h"

namespace hawser::test {

// One direction of a way. Packets keep their order; jitter is normally distributed and correlated
// over about 100 ms, as on a real link.
struct Wire {
  Duration delay = Milliseconds(20);
  Duration jitter{0};  // standard deviation
  double loss = 0;
  bool is_down = false;
};

// One end of a path: its life with what is measured, as a bond wires them.
struct LifeEnd {
  LifeEnd(unsigned seed, std::size_t full_frame, DelayOrigin& origin)
      : random(seed),
        life({.id = PathId(1), .full_frame = full_frame}, random),
        sender(origin),
        receiver(PathId(1)) {}

  SeededRandom random;
  PathLife life;
  PathSender sender;
  PathReceiver receiver;
  std::uint64_t sequence = 0;
  std::uint64_t highest = 0;
  std::optional<Duration> stream;  // data is sent so often, whatever the state is
  std::optional<TimePoint> next_data;
  bool has_begun = false;
  struct Change {
    TimePoint when;
    PathState to;
    std::string reason;
  };
  std::vector<Change> changes;
  std::uint64_t sent = 0;  // packets of all kinds
  std::uint64_t probes = 0;
  std::uint64_t octets_to_strangers = 0;  // to addresses but the path's
  std::uint64_t moves = 0;
};

// Two ends of one path with a network of two wires between them, on virtual time, from a seed.
// The first end is a client, behind a NAT that may rebind; the second one has a fixed address.
class LifePair {
 public:
  struct Options {
    unsigned seed = 1;
    std::size_t full_frame = 0;
    Wire wire{};  // both ways
  };
  explicit LifePair(const Options& options);

  // Both are on an active path.
  void begin_proven();
  // The client asks, and the server follows when it hears.
  void begin_asking();
  void run_for(Duration length);
  // False if `done` is not true within `length`.
  bool run_until(const std::function<bool()>& done, Duration length);
  // Voice, both ways unless said otherwise.
  void talk(bool client = true, bool server = true);
  void set_wires(const Wire& wire) { wires = {wire, wire}; }
  void set_down(bool is_down) { wires[0].is_down = wires[1].is_down = is_down; }
  void rebind() { mapped_.port++; }
  void deliver(int to, PathHeard heard);

  LifeEnd& client() { return ends_[0]; }
  LifeEnd& server() { return ends_[1]; }
  TimePoint now() const { return now_; }
  TransportAddress mapped() const { return mapped_; }
  // When `end` first came into `state` after `since`.
  std::optional<TimePoint> when(const LifeEnd& end, PathState state, TimePoint since) const;
  static std::string story(const LifeEnd& end);

  std::array<Wire, 2> wires;  // 0: from the client

  static const AddressPair kClientSide;
  static const AddressPair kServerSide;

 private:
  struct Packet {
    TransportAddress source;
    TransportAddress destination;
    std::uint64_t sequence = 0;
    std::size_t octets = 0;
    std::optional<ShimStamp> stamp;
    bool is_data = false;
    std::vector<std::uint8_t> frame;  // unless it is data
  };

  void service(int end);
  void send(int from, const std::optional<AddressPair>& to, std::vector<std::uint8_t> frame);
  void arrive(int to, const Packet& packet);
  void transmit(int from, Packet packet);
  Duration draw_delay(int from);
  std::optional<TimePoint> next_event() const;

  std::mt19937 rng_;
  DelayOrigin origins_[2];
  LifeEnd ends_[2];
  TimePoint now_{Seconds(100)};
  TransportAddress mapped_;
  std::multimap<TimePoint, std::pair<int, Packet>> under_way_;
  TimePoint last_arrival_[2];
  double wobble_[2] = {0, 0};
  TimePoint wobbled_[2];
};

}  // namespace hawser::test
