// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_selector.h"

namespace hawser {

PathSelector::PathSelector(const TrafficPolicies& policies, const ScheduleOptions& options)
    : policies_(policies), options_(options) {
  make_schedulers();
}

void PathSelector::set_policies(const TrafficPolicies& policies) {
  if (policies == policies_) return;
  policies_ = policies;
  make_schedulers();
}

void PathSelector::set_options(const ScheduleOptions& options) {
  options_ = options;
  make_schedulers();
}

void PathSelector::update(std::span<const PathView> paths, TimePoint now) {
  ranking_.update(paths, now);
  prepare(paths, now);
}

void PathSelector::prepare(std::span<const PathView> paths, TimePoint now) {
  for (auto& scheduler : schedulers_) scheduler->prepare(paths, ranking_, now);
  prepared_ = true;
}

void PathSelector::make_schedulers() {
  for (std::size_t i = 0; i < kTrafficClasses; ++i) {
    schedulers_[i] = make_scheduler(policies_.by_class[i], static_cast<TrafficClass>(i), options_);
  }
  prepared_ = false;
}

}  // namespace hawser
