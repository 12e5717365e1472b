// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "multipath/path_receiver.h"
#include "multipath/path_sender.h"

namespace hawser::test {

// A PathSender and a PathReceiver with a bottleneck link between them, on virtual time: packets
// wait for their turn in a drop-tail queue, are lost, come late; reports travel back as octets.
class MeasuredPath {
 public:
  struct Link {
    double rate_bps = 50e6;
    Duration delay = Milliseconds(20);  // each way
    Duration jitter{0};                 // standard deviation, correlated over 100 ms, order kept
    Duration queue_max = Milliseconds(100);
    double loss = 0;
    double late = 0;  // share of packets that come 5 to 50 ms late
    double report_loss = 0;
    double congested = 0;  // share that comes with CE
  };
  struct Clock {
    Duration offset{0};  // of the receiver's
    double ppm = 0;
  };
  struct Traffic {
    double bps = 1e6;
    std::uint32_t octets = 1400;
    bool backlog = false;
  };

  MeasuredPath(const Link& link, const Clock& clock, unsigned seed, DelayOrigin& origin,
               TimePoint begin = TimePoint(Seconds(1)));

  void run(const Traffic& traffic, Duration length);
  void idle(Duration length);
  void begin_sa(Spi spi);

  Link& link() { return link_; }
  PathEstimate estimate() { return sender_.estimate(now_); }
  const PathReceiver& receiver() const { return receiver_; }
  TimePoint now() const { return now_; }
  std::uint64_t lost() const { return lost_; }
  std::uint64_t reports() const { return reports_; }
  Duration longest_report_interval() const { return longest_interval_; }

 private:
  void send(std::uint32_t octets);
  Duration jitter();
  void arrive(const ReceivedPacket& packet);
  void ask_for_report();
  void advance(TimePoint until);
  TimePoint theirs(TimePoint ours) const;
  TimePoint ours(TimePoint theirs) const;
  bool happens(double chance) { return std::bernoulli_distribution(chance)(random_); }

  Link link_;
  Clock clock_;
  std::mt19937 random_;
  TimePoint begin_;
  TimePoint now_;
  TimePoint link_free_;
  TimePoint last_arrival_;
  TimePoint jittered_;  // when jitter_ was that
  double jitter_ = 0;   // in standard deviations
  std::multimap<TimePoint, std::function<void()>> events_;
  PathSender sender_;
  PathReceiver receiver_{PathId(0)};
  Spi spi_;
  std::uint64_t sequence_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t reports_ = 0;
  std::optional<TimePoint> last_report_;
  Duration longest_interval_{0};
};

}  // namespace hawser::test
