// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

// Decides when the host name of one peer's endpoint is looked up: until it has an address, with
// growing pauses; after that when the address has not answered for two minutes while we sent, at
// most once a minute. Knows no clock.
class EndpointWatch {
 public:
  static constexpr Duration kFirstPause = Seconds(1);
  static constexpr Duration kLongestPause = Seconds(60);
  static constexpr Duration kSilence = Seconds(120);

  // What the data path has counted so far.
  struct Traffic {
    std::uint64_t sent_packets = 0;
    std::optional<TimePoint> last_received;  // authentic
  };

  // True if a lookup is to begin now; its end has to be told.
  bool wants_lookup(const Traffic& traffic, TimePoint now);
  void lookup_succeeded(TimePoint now);
  void lookup_failed(TimePoint now);
  bool has_address() const { return has_address_; }

 private:
  bool is_silent(const Traffic& traffic, TimePoint now);

  bool has_address_ = false;
  bool is_looking_up_ = false;
  TimePoint not_before_{};
  Duration pause_ = kFirstPause;
  Traffic seen_;
  std::optional<TimePoint> unanswered_since_;
};

}  // namespace hawser
