// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/address_pair.h"
#include "ike-lite/cookie_jar.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/ike_status.h"
#include "ike-lite/quiet_mac.h"
#include "ike-lite/rate_limiter.h"

namespace hawser {

// Which requests of IKE_SA_INIT are let in, before anything is kept or computed for them: quiet
// mode first, then cookies, under load and where the answer would be longer than the request; then
// the rate of each source and the number of half-open IKE SAs. Each refusal bumps one counter.
class InitGate {
 public:
  struct Options {
    Random* random = nullptr;
    std::size_t max_half_open = 0;
    std::size_t cookie_threshold = 0;
    RateLimiter::Options rate;
  };
  explicit InitGate(const Options& options);

  // Quiet from now on for all that do not know this key; or for nobody.
  void set_quiet(const std::optional<IdentityPublicKey>& our_key);
  // Whether somebody may be told what is wrong with a message that cannot be understood.
  bool allows_error(const IkeHeader& request, const IpAddress& source, TimePoint now);

  struct Now {
    TimePoint time;
    std::int64_t unix_seconds = 0;
    std::size_t half_open = 0;
  };
  enum class Verdict : std::uint8_t { kAdmit, kDrop, kDemandCookie };
  Verdict judge(const IkeMessage& request, const AddressPair& from, const Now& now,
                IkeCounters& counters);
  // What the initiator is to show.
  std::vector<std::uint8_t> make_cookie(const IkeMessage& request, const AddressPair& from,
                                        TimePoint now);

 private:
  CookieJar& cookies(TimePoint now);

  Options options_;
  std::optional<QuietGate> quiet_;
  std::optional<IdentityPublicKey> quiet_key_;
  std::optional<CookieJar> cookies_;
  RateLimiter rate_;
};

}  // namespace hawser
