// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/exchange_windows.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace hawser {

void RequestWindow::start(Datagrams request, TimePoint now) {
  assert(is_idle() && !request.empty());
  next_id_ = MessageId(next_id_.value() + 1);
  retransmits_ = 0;
  give_up_ = now + options_.give_up_after;
  restart_with(std::move(request), now);
}

bool RequestWindow::is_awaited(MessageId id) const {
  return !is_idle() && id == MessageId(next_id_.value() - 1);
}

void RequestWindow::complete() {
  // Gives the memory back, too: most of an IKE SA's life nothing is outstanding.
  datagrams_ = Datagrams();
}

void RequestWindow::restart_with(Datagrams request, TimePoint now) {
  assert(next_id_ != MessageId(0) && !request.empty());
  // The end stays where it was: who forges cookie demands cannot prolong an exchange.
  datagrams_ = std::move(request);
  interval_ = options_.first_interval;
  take_interval(now);
}

const Datagrams* RequestWindow::poll_retransmit(TimePoint now) {
  if (is_idle() || now < due_ || is_given_up(now)) return nullptr;
  ++retransmits_;
  take_interval(now);
  return &datagrams_;
}

void RequestWindow::hurry(TimePoint now) {
  if (is_idle()) return;
  due_ = std::max(now, sent_ + kHurryInterval);
  // What was lost is no sign of congestion on the new link.
  interval_ = options_.first_interval;
}

bool RequestWindow::is_given_up(TimePoint now) const { return !is_idle() && now >= give_up_; }

std::optional<TimePoint> RequestWindow::next_timeout() const {
  if (is_idle()) return std::nullopt;
  return std::min(due_, give_up_);
}

void RequestWindow::take_interval(TimePoint now) {
  sent_ = now;
  due_ = now + with_jitter(interval_);
  // RFC 7296 section 2.1: the intervals grow exponentially.
  const std::chrono::duration<double, Duration::period> longer = options_.factor * interval_;
  interval_ = std::min(std::chrono::duration_cast<Duration>(longer), options_.max_interval);
}

// From 7/8 to 9/8: ten thousand peers whose gateway was away do not come back at the same time.
Duration RequestWindow::with_jitter(Duration interval) {
  const auto eighth = static_cast<std::uint64_t>(interval.count()) / 8;
  const std::uint64_t sixteenths = (2 * eighth) >> 16;
  const std::uint64_t jitter = sixteenths * (random_->next_u32() >> 16);
  return interval - Duration(static_cast<Duration::rep>(eighth)) +
         Duration(static_cast<Duration::rep>(jitter));
}

ResponseWindow::Verdict ResponseWindow::classify(MessageId id) const {
  if (id == expected_) return Verdict::kNew;
  const bool is_last = expected_ != MessageId(0) && id == MessageId(expected_.value() - 1);
  return is_last && !response_.empty() ? Verdict::kRepeated : Verdict::kUnexpected;
}

void ResponseWindow::answered(MessageId id, Datagrams response) {
  assert(id == expected_);
  expected_ = MessageId(id.value() + 1);
  response_ = std::move(response);
}

}  // namespace hawser
