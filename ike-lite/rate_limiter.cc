// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rate_limiter.h"

namespace hawser {

bool RateLimiter::allow(const IpAddress& source, TimePoint now) {
  const std::uint8_t length = source.is_v4() ? 32 : 64;
  return bucket_of(IpPrefix{source, length}.network()).allowance.take(now);
}

RateLimiter::Bucket& RateLimiter::bucket_of(const IpPrefix& source) {
  const auto found = buckets_.find(source);
  if (found != buckets_.end()) {
    order_.splice(order_.end(), order_, found->second.place);
    return found->second;
  }
  if (!order_.empty() && buckets_.size() >= options_.max_sources) {
    buckets_.erase(order_.front());
    order_.pop_front();
  }
  const auto place = order_.insert(order_.end(), source);
  const Allowance full(options_.per_second, options_.burst);
  return buckets_.emplace(source, Bucket{.allowance = full, .place = place}).first->second;
}

}  // namespace hawser
