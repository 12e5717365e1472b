// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "multipath/traffic_class.h"
#include "tests/sim/bond_link.h"
#include "tests/support/inner_packets.h"

namespace hawser {

struct BondFlowSpec {
  BondEnd from = BondEnd::kLeft;
  TrafficClass traffic_class = TrafficClass::kBulk;
  Duration interval = Milliseconds(20);
  std::size_t octets = 120;  // of payload
  unsigned worker = 0;       // whose TUN queue its packets come by
};

// Numbered packets of one inner flow, and what came of them.
class BondFlow {
 public:
  BondFlow(std::uint16_t number, const BondFlowSpec& given) : spec(given), number_(number) {}

  Bytes make(TimePoint now);
  struct Mark {
    std::uint16_t flow = 0;
    std::uint32_t packet = 0;
  };
  // Which flow's packet that is.
  static std::optional<Mark> mark_of(ByteSpan packet);
  void note_delivered(const Mark& mark, unsigned worker, TimePoint now);

  // The packets that were sent from one time to another and did not come.
  std::uint64_t lost(TimePoint from, TimePoint to) const;
  std::uint64_t sent() const { return sent_.size(); }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t twice() const { return twice_; }          // delivered more than once
  std::uint64_t reordered() const { return reordered_; }  // RFC 4737 section 3.3
  std::uint64_t at_other_workers() const { return at_other_workers_; }
  std::optional<TimePoint> last_delivered() const { return last_delivered_; }
  // The longest time from one arrival to the next since the last restart_gap().
  Duration gap() const { return gap_; }
  void restart_gap() { gap_ = Duration(0); }

  const BondFlowSpec spec;

 private:
  std::uint16_t number_;
  std::vector<TimePoint> sent_;
  std::vector<bool> came_;
  std::uint32_t next_expected_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t twice_ = 0;
  std::uint64_t reordered_ = 0;
  std::uint64_t at_other_workers_ = 0;
  std::optional<unsigned> worker_;
  std::optional<TimePoint> last_delivered_;
  Duration gap_{0};
};

}  // namespace hawser
