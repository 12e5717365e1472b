// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address_pair.h"
#include "base/spi.h"
#include "base/time.h"
#include "ike-lite/ike_event.h"
#include "ike-lite/ike_types.h"

namespace hawser {

struct ChildStatus {
  ChildId child;
  std::vector<Spi> spis_in;
  std::vector<Spi> spis_out;
  std::string suite;  // "aes-256-gcm, esn"
  TrafficSelectors local;
  TrafficSelectors remote;
  Duration age{0};
  std::optional<Duration> rekey_in;
  bool sending = false;
};

// One peer for `hawser status`.
struct IkePeerStatus {
  PeerId peer;
  std::string state;  // "established", "connecting", "waiting", "idle"
  bool we_initiated = false;
  std::optional<IkeSpi> spi_initiator;
  std::optional<IkeSpi> spi_responder;
  std::string local_identity;
  std::string remote_identity;
  std::string suite;  // "aes-256-gcm, hmac-sha-256, x25519"
  std::optional<AddressPair> path;
  Duration age{0};
  std::optional<Duration> rekey_in;
  bool is_hawser = false;
  bool post_quantum_key = false;
  std::vector<IpAddress> assigned;
  std::vector<ChildStatus> children;
  std::uint64_t ike_rekeys = 0;
  std::uint64_t child_rekeys = 0;
  std::string last_error;  // a sentence, or empty
};

// What came and was not used, and why; docs/counters.md says what to do about each.
struct IkeCounters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unknown_spi = 0;
  std::uint64_t not_authentic = 0;
  std::uint64_t unexpected = 0;  // message ID, exchange or flags that cannot be
  std::uint64_t quiet = 0;       // no or wrong quiet MAC, or seen before
  std::uint64_t cookies_demanded = 0;
  std::uint64_t half_open_full = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t retransmitted = 0;  // requests sent again
  std::uint64_t half_open = 0;      // now
  std::uint64_t ike_sas = 0;        // now
};

}  // namespace hawser
