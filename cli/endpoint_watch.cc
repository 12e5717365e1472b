// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_watch.h"

#include <algorithm>

namespace hawser {

bool EndpointWatch::wants_lookup(const Traffic& traffic, TimePoint now) {
  const bool wanted = is_silent(traffic, now) || !has_address_;
  if (!wanted || is_looking_up_ || now < not_before_) return false;
  is_looking_up_ = true;
  return true;
}

bool EndpointWatch::is_silent(const Traffic& traffic, TimePoint now) {
  const bool sent = traffic.sent_packets > seen_.sent_packets;
  const bool heard = traffic.last_received != seen_.last_received;
  seen_ = traffic;
  if (heard) unanswered_since_.reset();
  if (sent && !heard && !unanswered_since_) unanswered_since_ = now;
  return sent && unanswered_since_ && now - *unanswered_since_ >= kSilence;
}

void EndpointWatch::lookup_succeeded(TimePoint now) {
  has_address_ = true;
  is_looking_up_ = false;
  pause_ = kFirstPause;
  not_before_ = now + kLongestPause;
}

void EndpointWatch::lookup_failed(TimePoint now) {
  is_looking_up_ = false;
  not_before_ = now + (has_address_ ? kLongestPause : pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
}

}  // namespace hawser
