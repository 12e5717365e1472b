// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rate_limiter.h"

#include <algorithm>

namespace hawser {

bool RateLimiter::allow(const IpAddress& source, TimePoint now) {
  const std::uint8_t length = source.is_v4() ? 32 : 64;
  Bucket& bucket = bucket_of(IpPrefix{source, length}.network(), now);
  const std::chrono::duration<double> passed = now - bucket.filled;
  bucket.tokens = std::min(options_.burst, bucket.tokens + passed.count() * options_.per_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

RateLimiter::Bucket& RateLimiter::bucket_of(const IpPrefix& source, TimePoint now) {
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
  return buckets_.emplace(source, Bucket{.tokens = options_.burst, .filled = now, .place = place})
      .first->second;
}

}  // namespace hawser
