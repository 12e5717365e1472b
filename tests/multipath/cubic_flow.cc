// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/cubic_flow.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

constexpr double kBeta = 0.7;
constexpr double kC = 0.4;
constexpr std::uint64_t kReordering = 3;

}  // namespace

void CubicFlow::fill_window(TimePoint now) {
  while (static_cast<double>(in_flight_.size()) + 1 <= window_) {
    if (lost_.empty()) {
      transmit(next_++, now);
      continue;
    }
    const std::uint64_t segment = *lost_.begin();
    lost_.erase(lost_.begin());
    transmit(segment, now);
  }
}

void CubicFlow::transmit(std::uint64_t segment, TimePoint now) {
  in_flight_[segment] = {now, next_order_};
  transmitted_[next_order_++] = segment;
  send_(segment);
}

void CubicFlow::handle_ack(std::uint64_t segment, bool congested, TimePoint now) {
  const auto found = in_flight_.find(segment);
  if (found == in_flight_.end()) return;
  const Sent sent = found->second;
  in_flight_.erase(found);
  transmitted_.erase(sent.order);
  last_ack_ = now;
  rtt_ = now - sent.at;
  rtt_min_ = std::min(rtt_min_, rtt_);
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
  if (in_flight_.empty() || now - last_ack_ < std::max<Duration>(2 * rtt_, Seconds(1))) return;
  last_ack_ = now;
  if (find_losses(next_order_ + kReordering)) reduce();
  window_ = 2;
  fill_window(now);
}

}  // namespace hawser
