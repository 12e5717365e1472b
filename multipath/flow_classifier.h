// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "multipath/flow_key.h"
#include "multipath/flow_match.h"
#include "multipath/traffic_class.h"

namespace hawser {

struct FlowClass {
  TrafficClass traffic_class = TrafficClass::kBulk;
  std::uint16_t bucket = 0;
  bool is_beginning = false;  // anew, or behind an idle gap
};

// Gives each inner packet its class and its bucket. Rules come first, then the DSCP, then what the
// flow does. One per worker; nothing is allocated after the constructor.
//
// A flow keeps its class until it was idle for longer than the paths' delays differ, so that no
// packet overtakes an earlier one. Two changes that behaviour asks for do not wait, since they
// cannot reorder much: away from a class that the flow has outgrown (the receiver keeps the
// order of a bucket, whatever the class), and once from interactive to real-time (the first copy
// takes the same, the fastest, path).
class FlowClassifier {
 public:
  static constexpr std::size_t kFlowsMax = 4096;  // the oldest of four is forgotten
  struct Config {
    std::vector<ClassRule> rules;
    std::uint16_t bucket_mask = 0xff;  // buckets less one; they are a power of two
  };

  explicit FlowClassifier(Config config);

  FlowClass classify(const FlowInfo& flow, TimePoint now);
  // Flows that are known take the new rules at their next idle gap.
  void set_rules(std::vector<ClassRule> rules);
  // By how much the delays of the paths in use differ.
  void set_spread(Duration spread);

 private:
  enum class Source : std::uint8_t { kTold, kBehaviour };  // who said the class
  struct Verdict {
    TrafficClass traffic_class = TrafficClass::kBulk;
    Source source = Source::kBehaviour;
  };
  // A run of packets ends at an idle gap; a window lasts a second.
  struct Flow {
    TimePoint last;  // packet
    TimePoint window_start;
    std::uint64_t run_octets = 0;
    std::uint32_t hash = 0;
    std::uint32_t window_octets = 0;
    std::uint32_t spacing_us = 0;    // smoothed
    std::uint32_t deviation_us = 0;  // of the spacing, smoothed
    std::uint16_t call_packets = 0;  // one after the other that may be of a call
    std::uint8_t small_runs = 0;     // one after the other
    bool in_use = false;
    // The newest packet is as large as any: it did not end what was to be said, the window did.
    bool ends_full = false;
    std::uint16_t largest = 0;  // last packet
    Verdict verdict;
  };

  static constexpr std::size_t kWays = 4;

  Flow* find(std::uint32_t hash);
  Flow& begin(const FlowInfo& info, TimePoint now);
  Verdict first_verdict(const FlowInfo& info) const;
  void end_run(Flow& flow, const FlowInfo& info) const;
  static void watch(Flow& flow, const FlowInfo& info, TimePoint now);
  static bool is_call(const Flow& flow, const FlowInfo& info);
  static void judge(Flow& flow, const FlowInfo& info);

  std::vector<ClassRule> rules_;
  std::uint16_t bucket_mask_;
  Duration idle_gap_;
  std::vector<Flow> flows_;
};

}  // namespace hawser
