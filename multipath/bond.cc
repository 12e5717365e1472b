// SPDX-License-Identifier: Apache-2.0
#include "multipath/bond.h"

#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "multipath/duplicate.h"
#include "multipath/path_explanation.h"

namespace hawser {
namespace {

constexpr Duration kRefresh = Milliseconds(100);
constexpr Duration kUnknownRtt = Milliseconds(100);
// What a packet may come later than the slowest path is known to be.
constexpr Duration kBoundMargin = Milliseconds(25);
constexpr Duration kSpreadWindow = Seconds(5);
// What its own path brings later than that is taken for lost.
constexpr Duration kLatenessMax = Milliseconds(100);

bool is_dead(PathState state) {
  return state == PathState::kSuspect || state == PathState::kFailed;
}

}  // namespace

Bond::Bond(const Options& options, TimePoint now)
    : options_(options),
      paths_(kSlotsMax),
      selector_(options.policies, options.schedule),
      next_refresh_(now),
      sequences_(std::size_t{kBucketMask} + 1) {}

BondPath* Bond::path_of(PathId path) const {
  return path.value() < paths_.size() ? paths_[path.value()].get() : nullptr;
}

BondPath& Bond::begin_path(const PlannedPath& plan, AddressOrigin origin, TimePoint now) {
  auto& slot = paths_[plan.path.value()];
  slot = std::make_unique<BondPath>(
      BondPath::Options{.plan = plan, .origin = origin, .full_frame = options_.full_frame},
      *options_.random, origin_, now);
  if (const auto spi = sas_[plan.path.value()]) slot->begin_sa(*spi);
  if (count_ == 1) measure(now);
  ++count_;
  dirty_ = true;
  return *slot;
}

void Bond::set_path(const PlannedPath& plan, TimePoint now) {
  if (plan.path.value() >= paths_.size()) return;
  BondPath* path = path_of(plan.path);
  if (path == nullptr) {
    // The key exchange came about on the first one, so it is known to work.
    const auto origin = plan.path == PathId(0) ? AddressOrigin::kProven : AddressOrigin::kGiven;
    path = &begin_path(plan, origin, now);
  } else {
    path->set_plan(plan, now);
  }
  take_changes(*path, now);
  refresh(now);
}

void Bond::move_path(PathId path, const AddressPair& addresses, TimePoint now) {
  BondPath* found = path_of(path);
  if (found == nullptr) return;
  found->life.adopt(addresses, now);
  dirty_ = true;
}

void Bond::remove_path(PathId path) {
  if (path_of(path) == nullptr) return;
  paths_[path.value()].reset();
  --count_;
  order_.forget_path(path);
  if (is_single()) parity.update(std::nullopt, TimePoint());
  dirty_ = true;
}

void Bond::begin_sa(PathId path, Spi spi) {
  if (path.value() >= sas_.size()) return;
  sas_[path.value()] = spi;
  if (BondPath* found = path_of(path)) found->begin_sa(spi);
  dirty_ = true;
}

void Bond::handle_timeout(TimePoint now) {
  for (auto& path : paths_) {
    if (!path) continue;
    const auto due = path->next_timeout();
    if (due && *due <= now) path->handle_timeout(now);
    take_changes(*path, now);
  }
  order_.handle_timeout(now);
  recovery.handle_timeout(now);
  refresh(now);
}

std::optional<TimePoint> Bond::next_timeout() const {
  std::optional<TimePoint> next = order_.next_timeout();
  for (const auto& path : paths_) {
    if (!path) continue;
    // Of a path alone it is asked where the peer is, and nothing else; the peer is told what it
    // measures.
    keep_earlier(next, is_single()
                           ? earlier(path->life.next_challenge(), path->receiver.next_timeout())
                           : path->next_timeout());
  }
  if (is_single()) return next;
  keep_earlier(next, next_refresh_);
  keep_earlier(next, next_send_);
  keep_earlier(next, recovery.next_timeout(order_));
  return next;
}

void Bond::take_changes(BondPath& path, TimePoint now) {
  const auto tell = [&](PathState state, std::string reason, bool is_new_state) {
    dirty_ = true;
    if (news_.size() == kNewsMax) news_.pop_front();
    news_.push_back({.path = path.life.id(),
                     .state = state,
                     .addresses = path.life.addresses(),
                     .reason = std::move(reason),
                     .is_new_state = is_new_state});
  };
  while (auto change = path.life.poll_change()) {
    if (is_dead(change->to) && !is_dead(change->from)) handle_dead(path, now);
    tell(change->to, std::move(change->reason), true);
  }
  if (!path.life.poll_moved()) return;
  path.mtu.forget();
  tell(path.life.state(), path.life.reason(), false);
}

void Bond::handle_dead(BondPath& path, TimePoint now) {
  const bool has_another = std::ranges::any_of(
      paths_, [&](const auto& other) { return other && other->life.is_usable(); });
  if (!has_another) return;
  recovery.handle_dead(path.life.id(), path.sender.estimate(now).rtt.value_or(kUnknownRtt), now);
}

void Bond::refresh(TimePoint now) {
  if (!dirty_ && now < next_refresh_) return;
  next_refresh_ = now + kRefresh;
  if (!is_single()) measure(now);
  update_only_hope(now);
  dirty_ = false;
  views_.clear();
  for (auto& path : paths_) {
    if (path) views_.push_back(path->view(now));
  }
  selector_.update(views_, now);
  while (selector_.poll_change()) ++primary_changes_;
  spread_ = selector_.ranking().spread();
  update_frame_room(now);
  update_parity(now);
  update_recovery(now);
  update_bound(now);
}

void Bond::update_only_hope(TimePoint now) {
  const auto usable = static_cast<std::size_t>(std::ranges::count_if(
      paths_, [](const auto& path) { return path && path->life.is_usable(); }));
  for (auto& path : paths_) {
    if (!path) continue;
    path->life.set_only_hope(usable == (path->life.is_usable() ? 1u : 0u), now);
    take_changes(*path, now);
  }
}

// How late a packet may come: what the slowest path has more than the fastest one, and what a path
// itself delivers out of order. Paths may wander for longer than between two packets, so the most
// of some time counts.
void Bond::update_bound(TimePoint now) {
  std::optional<ShimStamp> first;
  Duration least{0};
  Duration most{0};
  Duration jitter{0};
  Duration lateness{0};
  std::size_t usable = 0;
  for (const auto& path : paths_) {
    if (!path || !path->life.is_usable()) continue;
    ++usable;
    const Duration late = std::min(path->receiver.lateness(), kLatenessMax);
    order_.set_path_reorders(path->plan().path, late);
    lateness = std::max(lateness, late);
    if (!path->arrival_delay()) continue;
    if (!first) first = path->arrival_delay();
    const Duration delay = stamp_difference(*path->arrival_delay(), *first);
    least = std::min(least, delay);
    most = std::max(most, delay);
    jitter = std::max(jitter, path->arrival_jitter());
  }
  arrival_spread_.update(most - least, now, kSpreadWindow);
  const Duration usual = arrival_spread_.value() + 4 * jitter + lateness + kBoundMargin;
  order_.set_one_path(usable == 1);
  order_.set_usual_delay(usual);
  order_.set_bound(usual + recovery.patience());
}

// Where copies go there is no need of it, and where there is one path nothing is known of its loss.
void Bond::update_parity(TimePoint now) {
  constexpr TrafficClass kClass = TrafficClass::kRealTime;
  const std::uint8_t first = selector_.ranking().primary(kClass);
  const bool has_copies = Duplicate::find_second(views_, selector_.ranking(), kClass,
                                                 selector_.options()) != kNoPathIndex;
  if (is_single() || first == kNoPathIndex || has_copies ||
      selector_.policies()[kClass] != TrafficPolicy::kDuplicate) {
    return parity.update(std::nullopt, now);
  }
  const PathEstimate& estimate = views_[first].estimate;
  parity.update(ParitySender::Losses{.packets = estimate.lost_packets, .share = estimate.loss},
                now);
}

void Bond::update_recovery(TimePoint now) {
  recovery.set_several_paths(!is_single());
  if (is_single()) return;
  BondRecovery::Sending sending{.spread = spread_};
  BondRecovery::Receiving receiving;
  is_constrained_ = false;
  Duration jitter{0};
  for (auto& path : paths_) {
    if (!path) continue;
    const PathEstimate& estimate = path->sender.estimate(now);
    sending.lost_packets += estimate.lost_packets;
    sending.packets += estimate.delivered_packets;
    sending.rate_bps += estimate.delivery_rate_bps;
    const PathReception reception = path->receiver.reception();
    receiving.lost_packets += reception.lost;
    receiving.packets += reception.packets;
    is_constrained_ = is_constrained_ || path->rate.is_constrained();
    // What a path was like that nothing goes by is no matter.
    if (!path->life.is_usable()) continue;
    jitter = std::max(jitter, path->rate.jitter());
    if (!estimate.rtt) continue;
    sending.rtt = std::max(sending.rtt, *estimate.rtt);
    const bool is_first = receiving.rtt == Duration(0);
    receiving.rtt = is_first ? *estimate.rtt : std::min(receiving.rtt, *estimate.rtt);
  }
  recovery.update_sender(sending, now);
  recovery.update_receiver(receiving, order_, now);
  if (!queue_) return;
  queue_->set_codel(
      Codel::for_rtt(sending.rtt, jitter, selector_.useful_wait(TrafficClass::kBulk)));
}

void Bond::handle_too_big(PathId path, std::uint32_t mtu, TimePoint now) {
  BondPath* found = path_of(path);
  if (found == nullptr) return;
  if (!found->mtu.handle_told(mtu, found->life.addresses().remote.address.is_v4(), now)) return;
  dirty_ = true;
  refresh(now);
}

// A path on standby counts, too: when it is needed there is no time to find out.
void Bond::update_frame_room(TimePoint now) {
  std::optional<std::size_t> least;
  for (auto& path : paths_) {
    if (!path) continue;
    const std::size_t room = path->frame_room(now);
    path->life.set_full_frame(std::min(options_.full_frame, room));
    if (path->life.is_usable() || is_single()) least = std::min(least.value_or(room), room);
  }
  if (least) frame_room_ = *least;
}

std::optional<BondNews> Bond::poll_news() {
  if (news_.empty()) return std::nullopt;
  BondNews news = std::move(news_.front());
  news_.pop_front();
  return news;
}

BondStatus Bond::status(TimePoint now) {
  BondStatus status;
  dirty_ = true;
  refresh(now);
  for (const PathView& view : views_) status.paths.push_back(path_of(view.id)->status(view, now));
  std::vector<std::string> names;
  for (const PathStatus& path : status.paths) names.push_back(path.name);
  const auto uses = explain_paths(views_, names, selector_);
  for (std::size_t i = 0; i < uses.size(); ++i) status.paths[i].use = uses[i];
  const std::uint8_t primary = selector_.ranking().primary(TrafficClass::kBulk);
  if (primary != kNoPathIndex) status.primary = views_[primary].id;
  status.primary_changes = primary_changes_;
  for (std::size_t i = 0; i < kTrafficClasses; ++i) {
    status.policy[i] = to_string(selector_.policies().by_class[i]);
  }
  const OrderCounters& order = order_.counters();
  const std::uint64_t frames = order.in_order + order.held + order.late;
  status.arrived = {frames, order.overtaken, order.extent};
  status.delivered = {frames, order.late, 0};
  status.duplicates_dropped = order.duplicates;
  status.late_dropped = order.too_old;
  status.recovered = recovery.sent_again();
  status.waiting = order_.held_packets();
  status.parity_sent = parity.sent();
  status.parity_recovered = parity.recovered();
  return status;
}

}  // namespace hawser
