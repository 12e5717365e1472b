// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "multipath/nack.h"
#include "multipath/resequencer.h"

namespace hawser {

// The receiving half of the recovery of losses: asks for the bulk frames that the resequencer
// misses and suspects lost, at most one Nack in kInterval, each frame at most twice. It keeps no
// list of its own: what came meanwhile is not asked for.
class LossRecovery {
 public:
  static constexpr Duration kInterval = Milliseconds(5);
  // Between two looks that found nothing to ask for.
  static constexpr Duration kLookInterval = Milliseconds(1);
  static constexpr Duration kRetryMin = Milliseconds(10);

  // How long an answer takes: the round trip of the path that it comes on. A frame is asked for
  // again after this and a quarter.
  void set_round_trip(Duration round_trip);
  // Call after each batch and at next_timeout().
  std::optional<Nack> poll_nack(Resequencer& resequencer, TimePoint now);
  // When poll_nack() should be called even if nothing arrives.
  std::optional<TimePoint> next_timeout(const Resequencer& resequencer) const;

  std::uint64_t nacks() const { return nacks_; }
  std::uint64_t frames_asked() const { return frames_asked_; }

 private:
  Duration retry_after_ = Milliseconds(100);
  TimePoint earliest_{};            // an interval after the last one
  std::optional<TimePoint> again_;  // look again then
  std::uint64_t nacks_ = 0;
  std::uint64_t frames_asked_ = 0;
};

}  // namespace hawser
