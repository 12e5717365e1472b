// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/cubic_flow.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

constexpr double kBeta = 0.7;
constexpr double kC = 0.4;
constexpr std::uint64_t kReordering = 3;
// As Linux has it.
constexpr Duration kTimeoutMin = Milliseconds(200);
constexpr Duration kFirstTimeout = Seconds(1);

}  // namespace

void CubicFlow::fill_window(TimePoint now) {
  while (static_cast<double>(in_flight_.size()) + 1 <= window_) {
    if (lost_.empty()) {
      transmit(next_++, {.at = now});
      continue;
    }
    const std::uint64_t segment = *lost_.begin();
    lost_.erase(lost_.begin());
    transmit(segment, {.at = now, .again = true});
  }
}

void CubicFlow::transmit(std::uint64_t segment, Sent sent) {
  sent.order = next_order_;
  in_flight_[segment] = sent;
  transmitted_[next_order_++] = segment;
  send_(segment);
}

void CubicFlow::handle_ack(std::uint64_t segment, bool congested, TimePoint now) {
  const auto found = in_flight_.find(segment);
  if (found == in_flight_.end()) {
    if (lost_.erase(segment) != 0) take_back_timeout(now);
    return;
  }
  const Sent sent = found->second;
  in_flight_.erase(found);
  transmitted_.erase(sent.order);
  last_ack_ = now;
  // RFC 8985 section 6.2: that was the first one, which came late.
  if (sent.again && now - sent.at < rtt_min_) return take_back_timeout(now);
  if (sent.order >= recover_order_) before_timeout_.reset();
  rtt_ = now - sent.at;
  rtt_min_ = std::min(rtt_min_, rtt_);
  smooth_rtt();
  const bool lost = find_losses(sent.order);
  if (lost || (congested && sent.order >= recover_order_)) reduce();
  if (sent.order >= recover_order_) grow(now);
  watch_delay(rtt_);
  if (sent.order >= round_end_) {
    round_end_ = next_order_;
    round_min_ = Duration::max();
    round_samples_ = 0;
  }
  fill_window(now);
}

// RFC 5682: what was sent before it came after all.
void CubicFlow::take_back_timeout(TimePoint now) {
  last_ack_ = now;
  if (before_timeout_) {
    window_ = before_timeout_->window;
    threshold_ = before_timeout_->threshold;
    before_timeout_.reset();
  }
  fill_window(now);
}

// RFC 6298 section 2.
void CubicFlow::smooth_rtt() {
  if (rtt_smoothed_ == Duration(0)) {
    rtt_smoothed_ = rtt_;
    rtt_variation_ = rtt_ / 2;
    return;
  }
  const Duration off = rtt_ > rtt_smoothed_ ? rtt_ - rtt_smoothed_ : rtt_smoothed_ - rtt_;
  rtt_variation_ += (off - rtt_variation_) / 4;
  rtt_smoothed_ += (rtt_ - rtt_smoothed_) / 8;
}

// True if one was sent after the last reduction.
bool CubicFlow::find_losses(std::uint64_t order) {
  bool news = false;
  while (!transmitted_.empty() && transmitted_.begin()->first + kReordering <= order) {
    news = news || transmitted_.begin()->first >= recover_order_;
    lost_.insert(transmitted_.begin()->second);
    in_flight_.erase(transmitted_.begin()->second);
    transmitted_.erase(transmitted_.begin());
    ++losses_;
  }
  return news;
}

void CubicFlow::reduce() {
  ++reductions_;
  // RFC 9438 section 4.7: fast convergence.
  largest_ = window_ < largest_ ? window_ * (1 + kBeta) / 2 : window_;
  window_ = std::max(2.0, window_ * kBeta);
  threshold_ = window_;
  recover_order_ = next_order_;
  growing_.reset();
}

void CubicFlow::grow(TimePoint now) {
  if (window_ < threshold_) {
    window_ += 1;
    return;
  }
  if (!growing_) growing_ = now;
  const double since = std::chrono::duration<double>(now - *growing_ + rtt_).count();
  const double k = std::cbrt(std::max(0.0, largest_ - threshold_) / kC);
  const double cubic = kC * std::pow(since - k, 3) + std::max(largest_, threshold_);
  const double aimd = threshold_ + 3 * (1 - kBeta) / (1 + kBeta) * since /
                                       std::chrono::duration<double>(rtt_).count();
  const double wanted = std::clamp(std::max(cubic, aimd), window_, 1.5 * window_);
  window_ += (wanted - window_) / window_;
}

void CubicFlow::watch_delay(Duration rtt) {
  if (window_ >= threshold_ || window_ < 16) return;
  round_min_ = std::min(round_min_, rtt);
  if (++round_samples_ < 8) return;
  const Duration rise = std::clamp<Duration>(rtt_min_ / 8, Milliseconds(4), Milliseconds(16));
  if (round_min_ >= rtt_min_ + rise) threshold_ = window_;
}

void CubicFlow::handle_timeout(TimePoint now) {
  const Duration timeout = rtt_smoothed_ + std::max<Duration>(4 * rtt_variation_, kTimeoutMin);
  if (in_flight_.empty() ||
      now - last_ack_ < (rtt_smoothed_ == Duration(0) ? kFirstTimeout : timeout))
    return;
  ++timeouts_;
  const Before before{window_, threshold_};
  last_ack_ = now;
  if (find_losses(next_order_ + kReordering)) {
    reduce();
    before_timeout_ = before;
  }
  window_ = 2;
  fill_window(now);
}

}  // namespace hawser
