// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/secret.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// Cookies of IKE_SA_INIT (RFC 7296 section 2.6): an initiator shows that it receives at the address
// that it sends from, before anything is kept about it. No state for each; one thread.
class CookieJar {
 public:
  // What a cookie is for. The port is left out: it may change (RFC 9329 section 8).
  struct Subject {
    IkeSpi spi_initiator;
    ByteSpan nonce;
    IpAddress address;
  };

  CookieJar(Random& random, TimePoint now);

  std::vector<std::uint8_t> make(const Subject& subject, TimePoint now);
  // Of the present secret or the one before: a cookie lives for one to two minutes.
  bool is_valid(ByteSpan cookie, const Subject& subject, TimePoint now);

  static constexpr Duration kSecretLifetime = Seconds(60);
  static constexpr std::size_t kCookieSize = 17;

 private:
  struct VersionedSecret {
    std::uint8_t version = 0;
    Secret key;
  };
  static std::vector<std::uint8_t> bake(const VersionedSecret& secret, const Subject& subject);
  void rotate(TimePoint now);
  void renew();

  Random* random_;
  VersionedSecret present_;
  VersionedSecret previous_;
  TimePoint renew_at_;
};

}  // namespace hawser
