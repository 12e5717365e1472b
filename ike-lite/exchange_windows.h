// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ike-lite/ike_types.h"
#include "ike-lite/message_protection.h"

namespace hawser {

// Our requests of one IKE SA: one outstanding at a time (RFC 7296 section 2.3), sent again
// octet by octet the same, after intervals that grow and have jitter (section 2.1), until it is
// answered or given up.
class RequestWindow {
 public:
  struct Options {
    Duration first_interval = Milliseconds(500);
    double factor = 1.8;
    Duration max_interval = Seconds(15);
    Duration give_up_after = Seconds(300);
  };
  static constexpr Duration kHurryInterval = Milliseconds(100);
  RequestWindow(const Options& options, Random& random) : options_(options), random_(&random) {}

  bool is_idle() const { return datagrams_.empty(); }
  // For the next request; the outstanding one has the one before.
  MessageId next_id() const { return next_id_; }
  // Takes the request's ID. The caller sends it the first time.
  void start(Datagrams request, TimePoint now);
  // True if this is the ID of the outstanding request.
  bool is_awaited(MessageId id) const;
  void complete();
  // IKE_SA_INIT again, with a cookie or another group: same ID (RFC 7296 section 2.6), and it is
  // given up at the same time.
  void restart_with(Datagrams request, TimePoint now);

  // What is due to be sent again, or null; each call takes one interval.
  const Datagrams* poll_retransmit(TimePoint now);
  // Due at once: a link came up. What was sent less than kHurryInterval ago may still be answered.
  void hurry(TimePoint now);
  const Datagrams& outstanding() const { return datagrams_; }
  bool is_given_up(TimePoint now) const;
  std::optional<TimePoint> next_timeout() const;
  unsigned retransmits() const { return retransmits_; }

 private:
  void take_interval(TimePoint now);
  Duration with_jitter(Duration interval);
  Options options_;
  Random* random_;
  MessageId next_id_{0};
  Datagrams datagrams_;
  Duration interval_{0};  // the next one to wait
  TimePoint sent_;
  TimePoint due_;
  TimePoint give_up_;
  unsigned retransmits_ = 0;
};

// The peer's requests: the next one is new, the last one is answered again with the same octets,
// any other is not answered.
class ResponseWindow {
 public:
  enum class Verdict : std::uint8_t { kNew, kRepeated, kUnexpected };
  Verdict classify(MessageId id) const;
  // The request with this ID was taken; the answer may be sent again.
  void answered(MessageId id, Datagrams response);
  // To a repeated request; of fragments only the first one is answered (RFC 7383 section 2.6.1).
  const Datagrams& last_response() const { return response_; }
  MessageId expected() const { return expected_; }

 private:
  MessageId expected_{0};
  Datagrams response_;
};

}  // namespace hawser
