// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

struct TrafficCounters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // inner IP octets

  void add(const TrafficCounters& other) {
    packets += other.packets;
    bytes += other.bytes;
  }
};

// Hard limits of one direction of an SA; 0 is none.
struct SaLifetime {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  Duration time{0};
  // From when on new keys are wanted; 0: nine tenths of the hard limit, if there is one.
  std::uint64_t soft_packets = 0;
  std::uint64_t soft_bytes = 0;
  friend bool operator==(const SaLifetime&, const SaLifetime&) = default;
};

enum class LifetimeStage : std::uint8_t {
  kFresh,
  kSoft,  // a soft limit: time for new keys
  kOver,  // a limit: the SA carries nothing more
};

// Watches one direction of an SA over its lifetime. Time counts from the SA's installation.
class LifetimeWatch {
 public:
  LifetimeWatch(const SaLifetime& limits, TimePoint born) : limits_(limits), born_(born) {}

  // True if one more packet may be carried after `traffic`.
  bool allows(const TrafficCounters& traffic, TimePoint now) const {
    return (limits_.packets == 0 || traffic.packets < limits_.packets) &&
           (limits_.bytes == 0 || traffic.bytes < limits_.bytes) &&
           (limits_.time == Duration(0) || now - born_ < limits_.time);
  }
  // A stage that was reached since it was last asked.
  std::optional<LifetimeStage> poll_stage(const TrafficCounters& traffic, TimePoint now);

 private:
  bool is_soft(const TrafficCounters& traffic, TimePoint now) const;

  SaLifetime limits_;
  TimePoint born_;
  LifetimeStage reported_ = LifetimeStage::kFresh;
};

}  // namespace hawser
