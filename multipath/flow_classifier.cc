// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_classifier.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace hawser {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;

// Longer than the packets of a call and those of one answer are apart, shorter than somebody
// thinks.
constexpr Milliseconds kIdleGapMin{100};
constexpr Seconds kWindow{1};

constexpr std::uint32_t kSmallPacket = 400;        // a codec's, with all headers
constexpr std::uint32_t kRealTimeOctets = 25'000;  // in a window: 200 kbit/s
constexpr std::uint16_t kCallPackets = 50;         // a second of a call
constexpr std::uint32_t kCallSpacingUs = 150'000;
constexpr std::uint32_t kPauseUs = 400'000;  // somebody listens: no spacing

constexpr std::uint32_t kInteractiveOctets = 65'536;  // in a window
constexpr std::uint64_t kSmallRun = 16'384;
constexpr std::uint64_t kBeginning = std::uint64_t{4} << 20;
constexpr std::uint32_t kFullPacket = 1000;  // or more
constexpr std::uint8_t kSmallRuns = 3;

// RFC 4594 section 2: telephony (EF, RFC 5865's VA) and signalling; then what is waited for.
std::optional<TrafficClass> class_of_dscp(std::uint8_t dscp) {
  switch (dscp) {
    case 40:  // CS5
    case 44:  // VA
    case 46:  // EF
      return TrafficClass::kRealTime;
    case 16:  // CS2: operations
    case 24:  // CS3: broadcast video
    case 32:  // CS4: real-time interactive
    case 34:  // AF4x: video conferences
    case 36:
    case 38:
    case 48:  // CS6, CS7: network control
    case 56:
      return TrafficClass::kInteractive;
    case 1:  // LE, RFC 8622
    case 8:  // CS1
      return TrafficClass::kBulk;
    default:
      return std::nullopt;
  }
}

bool is_waited_for(const FlowInfo& info) {
  const auto at_port = [&info](std::uint16_t port) {
    return info.source_port == port || info.destination_port == port;
  };
  // ssh, telnet, DNS, DNS over TLS, RDP; DNS, NTP.
  if (info.protocol == kTcp) {
    return at_port(22) || at_port(23) || at_port(53) || at_port(853) || at_port(3389);
  }
  return at_port(53) || at_port(123);
}

std::uint32_t mixed(std::uint32_t hash) {
  // The low bits of the flow's hash chose the worker already: they are the same for all its flows.
  hash ^= hash >> 16;
  hash *= 0x85ebca6bu;
  return hash ^ (hash >> 13);
}

}  // namespace

FlowClassifier::FlowClassifier(Config config)
    : rules_(std::move(config.rules)),
      bucket_mask_(config.bucket_mask),
      idle_gap_(kIdleGapMin),
      flows_(kFlowsMax) {}

FlowClass FlowClassifier::classify(const FlowInfo& info, TimePoint now) {
  Flow* flow = find(info.hash);
  if (flow == nullptr) {
    flow = &begin(info, now);
  } else if (now - flow->last > idle_gap_) {
    end_run(*flow, info);
  }
  watch(*flow, info, now);
  if (flow->verdict.source == Source::kBehaviour) judge(*flow, info);
  return {.traffic_class = flow->verdict.traffic_class,
          .bucket = static_cast<std::uint16_t>(mixed(info.hash) & bucket_mask_),
          .is_beginning = flow->run_octets <= kBeginning};
}

void FlowClassifier::set_rules(std::vector<ClassRule> rules) { rules_ = std::move(rules); }

void FlowClassifier::set_spread(Duration spread) {
  idle_gap_ = std::max<Duration>(spread, kIdleGapMin);
}

FlowClassifier::Flow* FlowClassifier::find(std::uint32_t hash) {
  Flow* set = &flows_[mixed(hash) % (kFlowsMax / kWays) * kWays];
  for (std::size_t way = 0; way < kWays; ++way) {
    if (set[way].hash == hash && set[way].in_use) return &set[way];
  }
  return nullptr;
}

FlowClassifier::Flow& FlowClassifier::begin(const FlowInfo& info, TimePoint now) {
  Flow* set = &flows_[mixed(info.hash) % (kFlowsMax / kWays) * kWays];
  Flow* oldest = set;
  for (std::size_t way = 0; way < kWays && oldest->in_use; ++way) {
    if (!set[way].in_use || set[way].last < oldest->last) oldest = &set[way];
  }
  *oldest = Flow{.last = now,
                 .window_start = now,
                 .hash = info.hash,
                 .in_use = true,
                 .verdict = first_verdict(info)};
  return *oldest;
}

FlowClassifier::Verdict FlowClassifier::first_verdict(const FlowInfo& info) const {
  for (const ClassRule& rule : rules_) {
    if (rule.match.matches(info)) return {rule.traffic_class, Source::kTold};
  }
  if (const auto told = class_of_dscp(info.dscp)) return {*told, Source::kTold};
  if (info.protocol == kIcmp || info.protocol == kIcmpv6) {
    return {TrafficClass::kInteractive, Source::kTold};
  }
  // A TCP flow begins as bulk: one that is large has no idle gap later to become it, and as long
  // as it is small, bulk takes the fastest path too.
  const bool may_be_call = info.protocol == kUdp && info.size <= kSmallPacket;
  if (is_waited_for(info) || may_be_call) {
    return {TrafficClass::kInteractive, Source::kBehaviour};
  }
  return {TrafficClass::kBulk, Source::kBehaviour};
}

void FlowClassifier::end_run(Flow& flow, const FlowInfo& info) const {
  const bool small = flow.run_octets <= kSmallRun && !flow.ends_full;
  const int runs = small ? std::min(flow.small_runs + 1, int{kSmallRuns}) : 0;
  flow.small_runs = static_cast<std::uint8_t>(runs);
  flow.run_octets = 0;
  const Verdict verdict = first_verdict(info);
  if (verdict.source == Source::kTold || flow.verdict.source == Source::kTold) {
    flow.verdict = verdict;
    return;
  }
  if (flow.verdict.traffic_class != TrafficClass::kBulk) return;
  if (is_call(flow, info)) {
    flow.verdict.traffic_class = TrafficClass::kRealTime;
  } else if (flow.small_runs == kSmallRuns) {
    flow.verdict.traffic_class = TrafficClass::kInteractive;
  }
}

void FlowClassifier::watch(Flow& flow, const FlowInfo& info, TimePoint now) {
  if (now - flow.window_start >= kWindow) {
    flow.window_start = now;
    flow.window_octets = 0;
  }
  if (flow.window_octets <= kInteractiveOctets) flow.window_octets += info.size;
  flow.run_octets += info.size;
  flow.largest = std::max(flow.largest, static_cast<std::uint16_t>(info.last_size));
  flow.ends_full = info.last_size >= kFullPacket && info.last_size >= flow.largest;
  const auto gap = std::chrono::duration_cast<std::chrono::microseconds>(now - flow.last).count();
  flow.last = now;
  if (info.size > kSmallPacket) {
    flow.call_packets = 0;
    return;
  }
  if (gap < 0 || gap > kPauseUs) return;
  const auto gap_us = static_cast<std::uint32_t>(gap);
  if (flow.call_packets <= 1) {
    flow.spacing_us = gap_us;
    flow.deviation_us = gap_us;
  } else {
    const std::uint32_t off =
        gap_us > flow.spacing_us ? gap_us - flow.spacing_us : flow.spacing_us - gap_us;
    flow.deviation_us = (flow.deviation_us * 15 + off) / 16;
    flow.spacing_us = (flow.spacing_us * 15 + gap_us) / 16;
  }
  if (flow.call_packets < kCallPackets) ++flow.call_packets;
}

bool FlowClassifier::is_call(const Flow& flow, const FlowInfo& info) {
  return info.protocol == kUdp && flow.call_packets == kCallPackets &&
         flow.spacing_us <= kCallSpacingUs && flow.deviation_us <= flow.spacing_us / 2 &&
         flow.window_octets <= kRealTimeOctets;
}

void FlowClassifier::judge(Flow& flow, const FlowInfo& info) {
  TrafficClass& traffic_class = flow.verdict.traffic_class;
  if (traffic_class == TrafficClass::kRealTime && flow.window_octets > kRealTimeOctets) {
    traffic_class = TrafficClass::kInteractive;
    flow.call_packets = 0;
  } else if (traffic_class == TrafficClass::kInteractive && is_call(flow, info)) {
    traffic_class = TrafficClass::kRealTime;
  }
  if (traffic_class == TrafficClass::kInteractive && flow.window_octets > kInteractiveOctets) {
    traffic_class = TrafficClass::kBulk;
    flow.small_runs = 0;
  }
}

}  // namespace hawser
