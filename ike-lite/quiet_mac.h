// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/ip_address.h"
#include "crypto/digest.h"
#include "crypto/identity_key.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// Quiet mode: a listener answers only who knows its public key. IKE_SA_INIT carries, in a notify
// kQuietMac (docs/wire-format.md), a minute and a MAC under a key made from the responder's public
// key. It shows who is addressed to all that have this public key, and authenticates nobody.

// Adds the notify to a request of IKE_SA_INIT that has all else; not anew for a cookie, which the
// MAC does not cover. Replaces one that is there.
void add_quiet_mac(IkePayloads& request, IkeSpi spi_initiator, const IdentityPublicKey& responder,
                   std::int64_t unix_seconds);

// The other side: what may be answered. Sans-IO; one thread.
class QuietGate {
 public:
  explicit QuietGate(const IdentityPublicKey& our_key);

  // False: say nothing. True for a request with a good MAC of these minutes; an initiator SPI that
  // came before must come from the same address, as a retransmission or an answer to a cookie does,
  // so that who recorded a request cannot ask with it from elsewhere.
  bool admits(const IkeMessage& request, const IpAddress& from, std::int64_t unix_seconds);

  // How far the clocks of both ends may differ.
  static constexpr std::int64_t kTolerance = 2;  // minutes
  // Of the minutes that count, the oldest are forgotten first.
  static constexpr std::size_t kMaxSeen = 8192;
  std::size_t seen() const { return seen_.size(); }

 private:
  struct Arrival {
    IkeSpi spi;
    std::int64_t minute = 0;
  };
  void forget(std::int64_t now_minute);

  Sha256Digest mac_key_;
  std::map<IkeSpi, IpAddress> seen_;
  std::deque<Arrival> order_;
};

}  // namespace hawser
