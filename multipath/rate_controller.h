// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "multipath/path_estimate.h"
#include "multipath/sent_history.h"

namespace hawser {

// How fast one path may be used so that it is full and its queue is short. Begins unconstrained:
// no pacing, all may go at once. A queue that stands (or loss that stays) makes it constrained, to
// the rate that the path was seen to deliver; two seconds without a queue, in which at most bursts
// had to wait, set it free.
//
// Constrained, it keeps a model of the bottleneck: a rate, and a queue that grows by what is sent
// and shrinks at that rate. Each report sets the model right for the packets that it tells of; what
// was sent since then is added (a Smith predictor), so that a long RTT does not make it swing. The
// rate is steered to a queue of a few milliseconds. If there is none although it should be one, the
// path can do more, and ever larger surpluses are tried; rarely more is tried whatever the queue
// is. Jitter delays some packets, a queue all of them: only the quickest of some time count. Loss
// matters only where much is lost behind a queue: this is full. Octets are those of outer packets.
class RateController {
 public:
  static constexpr Duration kFreeAfter = Seconds(2);
  static constexpr Duration kBurst = Milliseconds(3);  // of the rate, at once
  static constexpr std::size_t kLeastBurst = 3100;     // octets

  explicit RateController(std::uint64_t limit_bps = 0);  // by the user; 0: none
  void set_limit(std::uint64_t limit_bps) { limit_bps_ = limit_bps; }

  // `waited`: for budget. Of the rate a tenth is for those that wait, whatever the others send.
  void note_sent(std::size_t octets, TimePoint now, bool waited = true);
  // Whether packets wait that this path could take.
  void note_backlog(bool waiting);
  // Whenever the estimate is new.
  void handle_estimate(const PathEstimate& estimate, TimePoint now);

  bool is_constrained() const { return constrained_ || limit_bps_ != 0; }
  std::uint64_t rate_bps() const;  // 0: unconstrained
  // Octets that may be sent now. What overdraws it is waited for, within bounds.
  std::uint64_t budget(TimePoint now);
  // When the budget will be `octets`, or as much as a burst may be.
  TimePoint next_budget(std::size_t octets, TimePoint now);
  std::uint64_t bandwidth_bps() const;  // of the bottleneck; for explanations
  Duration queue(TimePoint now) const;
  Duration jitter() const { return noise_; }  // of the delay, without our queue

 private:
  struct Sample {
    TimePoint at;  // by the other end's clock
    std::uint64_t delivered = 0;
    TimePoint sent_at;       // of the last packet that it tells of
    std::uint64_t sent = 0;  // octets up to and with it
    Duration queue{0};
    Duration modelled{0};  // the queue that it met by the model
  };
  // Of the same packets, over a time.
  struct Rates {
    Duration growth{0};  // how much longer they took to arrive than to send
    double sent = 0;     // octets per second
    double delivered = 0;
    double lost = 0;  // octets
    double lost_share = 0;
  };
  static constexpr std::size_t kSamples = 64;
  // Sending more than the path is known to carry, and what came of it.
  struct Trial {
    TimePoint next;
    std::optional<TimePoint> until;  // while its packets are sent, or not yet told of
    double before = 0;               // the rate that was known
    double sent = 0;                 // octets until then
    double enough = 0;               // of them to have tried it
    Duration pause{0};               // before the next one
  };
  static constexpr Duration kNoiseMemory = Seconds(1);
  // The queue that is steered to: enough that the path never runs dry between two reports.
  static constexpr Duration kTarget = Milliseconds(4);
  static constexpr Duration kTrialPause = Milliseconds(500);

  const Sample& sample(std::size_t age) const;
  bool add_sample(const PathEstimate& estimate, TimePoint now);
  std::optional<Rates> rates_over(Duration time) const;
  Duration least_queue_over(Duration time) const;
  void follow_noise(const Sample& fresh);
  void notice_foreign_delay();
  void fade_foreign_delay();
  Duration queue_of(const Sample& sample) const {
    return std::max(Duration(0), sample.queue - foreign_);
  }
  bool knows_noise() const { return noise_time_ >= kNoiseMemory; }
  bool is_overloaded(const PathEstimate& estimate) const;
  bool queue_overflows() const;
  bool queue_stands() const;
  bool is_overrun() const;
  bool is_policed(const PathEstimate& estimate) const;
  void constrain(TimePoint now);
  void set_free();
  void set_free_if_idle(TimePoint now);
  void follow_bandwidth();
  void choose_surplus(const PathEstimate& estimate, TimePoint now);
  void follow_trial(const PathEstimate& estimate, TimePoint now);
  void set_model();
  Duration target() const;
  Duration patience() const;
  Duration rate_span() const;
  double gain(TimePoint now) const;
  double rate(TimePoint now) const;
  void refill(TimePoint now);
  double available() const { return std::max(budget_, kept_); }

  std::uint64_t limit_bps_ = 0;
  bool constrained_ = false;
  bool waiting_ = false;
  bool waited_ = false;  // since the last report
  TimePoint busy_at_{};  // when there was a backlog or a queue last

  SentHistory history_;
  std::array<Sample, kSamples> samples_{};
  std::size_t newest_ = 0;
  std::size_t count_ = 0;
  Duration rtt_{0};
  Duration rtt_min_{0};
  double rises_ = 0;  // of the delay, seconds
  double falls_ = 0;
  double surprises_ = 0;  // by how much falls were not as the model expected
  Duration noise_{0};
  Duration noise_time_{0};
  Duration foreign_{0};  // of the delay above the least: it is there whatever is sent

  double shown_ = 0;      // that the path delivered lately, octets per second
  double bandwidth_ = 0;  // octets per second
  // The model's queue is model_ + (octets sent ever) / bandwidth_ - now, at least 0.
  double model_ = 0;         // seconds
  std::size_t surplus_ = 0;  // which step of larger ones is tried
  TimePoint surplus_since_{};
  Trial trial_{};

  double budget_ = 0;
  double kept_ = 0;  // for those that wait
  double rate_ = 0;
  TimePoint refilled_{};
};

}  // namespace hawser
