// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sa_lifetime.h"

namespace hawser {
namespace {

// `soft`, or nine tenths of `hard` without a product that could overflow.
bool reaches(std::uint64_t amount, std::uint64_t soft, std::uint64_t hard) {
  if (soft != 0) return amount >= soft;
  return hard != 0 && amount >= hard - hard / 10;
}

}  // namespace

bool LifetimeWatch::is_soft(const TrafficCounters& traffic, TimePoint now) const {
  return reaches(traffic.packets, limits_.soft_packets, limits_.packets) ||
         reaches(traffic.bytes, limits_.soft_bytes, limits_.bytes) ||
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
