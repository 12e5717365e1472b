// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <map>

#include "base/allowance.h"
#include "base/ip_address.h"
#include "base/time.h"

namespace hawser {

// How much each source may ask for: a token bucket for each IPv4 address or IPv6 network of 64
// bits, which is what one host can choose from. The table is bounded and ordered, so that no
// choice of addresses makes it slow; of a full one, the source that was heard longest ago is
// forgotten. One thread.
class RateLimiter {
 public:
  struct Options {
    double per_second = 10;
    double burst = 20;
    std::size_t max_sources = 4096;
  };
  explicit RateLimiter(const Options& options) : options_(options) {}

  // Takes a token; false if there is none.
  bool allow(const IpAddress& source, TimePoint now);
  std::size_t sources() const { return buckets_.size(); }

 private:
  struct Bucket {
    Allowance allowance;
    std::list<IpPrefix>::iterator place;
  };
  Bucket& bucket_of(const IpPrefix& source);

  Options options_;
  std::map<IpPrefix, Bucket> buckets_;
  std::list<IpPrefix> order_;  // heard longest ago first
};

}  // namespace hawser
