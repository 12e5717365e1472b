// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sa_lifetime.h"

namespace hawser {
namespace {

// Without a product that could overflow.
std::uint64_t nine_tenths(std::uint64_t limit) { return limit - limit / 10; }

}  // namespace

bool LifetimeWatch::is_soft(const TrafficCounters& traffic, TimePoint now) const {
  return (limits_.packets != 0 && traffic.packets >= nine_tenths(limits_.packets)) ||
         (limits_.bytes != 0 && traffic.bytes >= nine_tenths(limits_.bytes)) ||
         (limits_.time != Duration(0) && now - born_ >= limits_.time - limits_.time / 10);
}

std::optional<LifetimeStage> LifetimeWatch::poll_stage(const TrafficCounters& traffic,
                                                       TimePoint now) {
  if (limits_ == SaLifetime() || reported_ == LifetimeStage::kOver) return std::nullopt;
  LifetimeStage stage = LifetimeStage::kFresh;
  if (!allows(traffic, now)) {
    stage = LifetimeStage::kOver;
  } else if (is_soft(traffic, now)) {
    stage = LifetimeStage::kSoft;
  }
  if (stage <= reported_) return std::nullopt;
  reported_ = stage;
  return stage;
}

}  // namespace hawser
