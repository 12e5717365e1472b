// SPDX-License-Identifier: Apache-2.0
#include "tunnel/peer_bonds.h"

#include <algorithm>

#include "base/deadline.h"

namespace hawser {

void PeerBonds::begin(const Bond::Options& options) {
  end();
  options_ = options;
}

void PeerBonds::end() {
  options_.reset();
  plans_.clear();
  bonds_.clear();
}

PeerBond* PeerBonds::find(unsigned pair) const {
  const auto found = std::ranges::find(bonds_, pair, [](const auto& one) { return one->pair; });
  return found == bonds_.end() ? nullptr : found->get();
}

PeerBond& PeerBonds::make(unsigned pair, TimePoint now) {
  auto& one = *bonds_.emplace_back(std::make_unique<PeerBond>(pair, *options_, now));
  for (const PlannedPath& plan : plans_) one.bond.set_path(plan, now);
  return one;
}

void PeerBonds::set_sas(std::span<const std::unique_ptr<OutboundSa>> sas, TimePoint now) {
  if (!options_) return;
  for (auto& one : bonds_) one->sas.clear();
  for (const auto& sa : sas) {
    if (!sa->has_shim()) continue;
    PeerBond* one = find(sa->pair());
    if (one == nullptr) one = &make(sa->pair(), now);
    if (one->sas.size() <= sa->path().value()) one->sas.resize(sa->path().value() + 1);
    one->sas[sa->path().value()] = sa.get();
    one->bond.begin_sa(sa->path(), sa->spi());
  }
}

void PeerBonds::set_path(const PlannedPath& plan, TimePoint now) {
  if (!options_) return;
  const auto found = std::ranges::find(plans_, plan.path, &PlannedPath::path);
  if (found == plans_.end()) {
    plans_.push_back(plan);
  } else {
    *found = plan;
  }
  for (auto& one : bonds_) one->bond.set_path(plan, now);
}

void PeerBonds::move_path(PathId path, const AddressPair& addresses, TimePoint now) {
  for (auto& one : bonds_) one->bond.move_path(path, addresses, now);
}

void PeerBonds::remove_path(PathId path) {
  std::erase_if(plans_, [path](const PlannedPath& plan) { return plan.path == path; });
  for (auto& one : bonds_) one->bond.remove_path(path);
}

void PeerBonds::set_policies(const TrafficPolicies& policies) {
  if (options_) options_->policies = policies;
  for (auto& one : bonds_) one->bond.set_policies(policies);
}

std::optional<TimePoint> PeerBonds::next_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& one : bonds_) keep_earlier(next, one->bond.next_timeout());
  return next;
}

std::optional<std::size_t> PeerBonds::frame_room(TimePoint now) const {
  std::optional<std::size_t> least;
  for (const auto& one : bonds_) {
    const std::size_t room = one->bond.frame_room(now);
    least = std::min(least.value_or(room), room);
  }
  return least;
}

void PeerBonds::recycle() {
  for (auto& one : bonds_) one->bond.recycle();
}

}  // namespace hawser
