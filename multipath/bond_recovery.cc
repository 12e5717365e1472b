// SPDX-License-Identifier: Apache-2.0
#include "multipath/bond_recovery.h"

#include <algorithm>
#include <utility>

#include "base/deadline.h"

namespace hawser {
namespace {

// What was sent since the last packet that came may be on its way, and where it was seen first that
// the path is dead takes a moment.
constexpr Duration kDeadMargin = Milliseconds(30);

}  // namespace

bool BondRecovery::LossWatch::update(std::uint64_t now_lost, std::uint64_t packets, TimePoint now) {
  // It may fall, when a packet that was thought lost comes after all.
  if (now_lost > lost || !last) {
    last = now;
    packets_then = packets;
  }
  lost = now_lost;
  return now < *last + kAfterLoss || packets < packets_then + kPacketsAfterLoss;
}

void BondRecovery::update_sender(const Sending& sending, TimePoint now) {
  keeps_bulk_ = sending_.update(sending.lost_packets, sending.packets, now);
  limits_ = {.rate_bps = sending.rate_bps,
             .age = sending.rtt * 4 + sending.spread + Milliseconds(100)};
  if (!store_) return;
  store_->set_limits(limits_);
  store_->set_armed(keeps_bulk_);
}

void BondRecovery::update_receiver(const Receiving& receiving, Resequencer& order, TimePoint now) {
  asks_ = receiving_.update(receiving.lost_packets, receiving.packets, now);
  rtt_ = receiving.rtt;
  order.set_recovery(asks_);
  recovery_.set_round_trip(rtt_);
}

void BondRecovery::note_sent(const RetransmitStore::Frame& frame, TimePoint now) {
  if (frame.traffic_class != TrafficClass::kBulk) return recent_.add(frame, now);
  // What is lost before anything was reported costs TCP the most.
  if (!store_) {
    store_ = std::make_unique<RetransmitStore>();
    store_->set_limits(limits_);
    store_->set_armed(true);
  }
  store_->add(frame, now);
}

void BondRecovery::handle_dead(PathId path, Duration rtt, TimePoint now) {
  recent_.send_again(path, rtt + kDeadMargin, now);
}

void BondRecovery::handle_nack(ByteSpan frame, TimePoint now) {
  if (!store_ || !keeps_bulk_) return;
  if (const auto nack = Nack::parse(frame)) store_->handle_nack(*nack, now);
}

std::optional<Retransmission> BondRecovery::poll_retransmission(TimePoint now) {
  if (auto again = recent_.poll()) return again;
  return store_ && keeps_bulk_ ? store_->poll_retransmission(now) : std::nullopt;
}

std::optional<Nack> BondRecovery::poll_nack(Resequencer& order, TimePoint now) {
  if (copy_) return std::exchange(copy_, std::nullopt);
  if (!asks_) return std::nullopt;
  std::optional<Nack> nack = recovery_.poll_nack(order, now);
  if (nack) copy_ = Nack{.ranges = nack->ranges, .is_copy = true};
  return nack;
}

void BondRecovery::handle_timeout(TimePoint now) {
  recent_.wipe_old(now);
  if (store_) store_->handle_timeout(now);
}

std::optional<TimePoint> BondRecovery::next_timeout(const Resequencer& order) const {
  std::optional<TimePoint> next;
  if (asks_) keep_earlier(next, recovery_.next_timeout(order));
  if (store_) keep_earlier(next, store_->next_timeout());
  return next;
}

}  // namespace hawser
