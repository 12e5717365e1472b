// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace hawser {

// CoDel (RFC 8289): says of a queue, from how long its packets have waited, when its sender should
// be told to slow down. The state of one queue; the options belong to all of them.
class Codel {
 public:
  // The delays depend on the RTT of the traffic (RFC 8289 section 4.3 and 4.4).
  struct Options {
    Duration target = Milliseconds(20);
    Duration interval = Milliseconds(100);
  };
  // For traffic that makes round trips of `rtt`, and fills the path with one flow, too: CUBIC needs
  // a queue of 0.43 round trips for that (RFC 9438 section 4.6: it goes down to 0.7). What `jitter`
  // (a deviation) holds up for a moment is no queue that stands; nor is what waits for
  // `useful_wait`.
  static Options for_rtt(Duration rtt, Duration jitter = Duration(0),
                         Duration useful_wait = Duration(0));
  // A queue of less than this is never too long, however long it takes to send.
  static constexpr std::size_t kLeastBacklog = 1514;

  // A packet came to the front that has waited for `waited`; `backlog` octets are in the queue, the
  // packet's among them. True: drop it and ask about the next one, or mark it and send it.
  bool should_signal(Duration waited, std::size_t backlog, const Options& options, TimePoint now);

 private:
  bool is_too_long(Duration waited, std::size_t backlog, const Options& options, TimePoint now);
  void set_next(TimePoint from, const Options& options);

  TimePoint above_until_{};  // when being above the target will have lasted an interval
  TimePoint next_{};         // the next signal
  std::uint32_t count_ = 0;  // signals since it began
  std::uint32_t count_before_ = 0;
  bool is_above_ = false;
  bool is_signalling_ = false;
};

}  // namespace hawser
