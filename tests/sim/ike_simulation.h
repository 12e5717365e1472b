// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/sim/ike_host.h"

namespace hawser {

// What one direction of the way between two ends does to datagrams.
struct IkeLink {
  Duration delay = Milliseconds(10);
  Duration jitter{0};  // uniform, added: it reorders
  double loss = 0;
  double duplicate = 0;
  double late = 0;  // share that is late by up to `late_by`
  Duration late_by{0};
  bool down = false;
};

// An IKE message on the way.
struct IkeDatagram {
  TransportAddress source;
  TransportAddress destination;
  std::vector<std::uint8_t> bytes;  // with the marker unless it left port 500
  bool to_right = true;

  MutableByteSpan message();  // without the marker
  ByteSpan message() const;
};

// Two engines, the network between them, which may have an attacker in it, and packets that use
// the child SAs. What happens follows from the seeds; the clock is virtual.
class IkeSimulation {
 public:
  struct Options {
    std::uint64_t seed = 1;
    IkeHostSpec left;
    IkeHostSpec right;
    Duration packet_interval{0};  // 0: no packets
    bool record = false;          // everything, for ike_spy.h
  };
  explicit IkeSimulation(const Options& options);

  void start();
  void restart(IkeHost& host);
  void move(IkeHost& host, const TransportAddress& address);
  // Something that an owner of an engine does.
  void act(IkeHost& host, const std::function<void(IkeEngine&)>& action);
  void at(TimePoint when, std::function<void()> action);
  void run_for(Duration time);
  // False if the limit passed before the predicate held.
  [[nodiscard]] bool run_until(const std::function<bool()>& predicate, Duration limit);

  // True: the attacker took it. Sees every message that an end sends.
  std::function<bool(const IkeDatagram&)> attacker;
  // What the attacker sends: arrives after `delay`, whatever the links are like.
  void inject(IkeDatagram datagram, Duration delay);

  // Both are established with each other and both send.
  bool is_up() const;
  // What is not as it must be when nothing has gone wrong for a while; empty if all is well.
  std::vector<std::string> check_at_rest() const;
  // All is well but for IKE SAs that were replaced.
  bool is_only_waiting_for_delete() const;
  // What was broken on the way.
  std::vector<std::string> violations() const;
  std::uint64_t digest() const { return digest_; }
  std::uint64_t messages() const { return messages_; }
  std::uint64_t packets_lost_by_links() const { return packets_lost_by_links_; }
  // Sent, carried by the links, and of no use at the other end.
  std::uint64_t packets_lost_by_ends() const;

  struct Record {
    TimePoint at;
    bool of_left = true;
    std::string event;                   // or, if empty,
    std::optional<IkeDatagram> message;  // as it was sent
    std::string fate;                    // and what the network did with it
  };
  const std::vector<Record>& records() const { return records_; }

  IkeHost left;
  IkeHost right;
  IkeLink to_right;
  IkeLink to_left;
  TimePoint now{Seconds(1000)};
  SeededRandom random;

 private:
  struct Packet {
    bool to_right = true;
    TransportAddress destination;
    Spi spi;
    std::uint64_t key = 0;
  };
  struct Scheduled {
    TimePoint when;
    std::uint64_t order = 0;
    std::variant<IkeDatagram, Packet, std::function<void()>> what;
  };
  static bool is_later(const Scheduled& a, const Scheduled& b);

  void schedule(TimePoint when, decltype(Scheduled::what) what);
  bool step(TimePoint limit);
  std::optional<TimePoint> next_timeout() const;
  void collect(IkeHost& host);
  void send(IkeDatagram datagram);
  std::string carry(const IkeDatagram& datagram);
  Duration way(const IkeLink& link);
  void arrive(IkeDatagram datagram);
  void arrive(const Packet& packet);
  void send_packet(IkeHost& host);
  void send_packets();
  void add_to_digest(std::uint64_t value);
  void check_pair(std::vector<std::string>& wrong) const;
  void check_host(const IkeHost& host, std::vector<std::string>& wrong) const;

  Options options_;
  std::vector<Scheduled> queue_;  // a heap
  std::uint64_t next_order_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
  std::uint64_t messages_ = 0;
  std::uint64_t packets_lost_by_links_ = 0;
  std::vector<Record> records_;
};

}  // namespace hawser
