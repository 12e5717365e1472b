// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/random.h"
#include "ike-lite/ike_config.h"
#include "ike-lite/ike_engine.h"
#include "ike-lite/ike_event.h"
#include "ike-lite/ike_types.h"
#include "ike-lite/peer_directory.h"

namespace hawser {

// What all IKE SAs of one engine share. Outlives them; one thread.
struct IkeEnvironment {
  Random* random = nullptr;
  ChildSpiSource* spis = nullptr;
  AddressPool* pool = nullptr;  // may be null
  IkeLocalConfig local;
  PeerDirectory peers;
  std::int64_t epoch_offset = 0;
  std::uint64_t next_child_id = 1;
  std::uint64_t retransmitted = 0;  // requests

  // Of a new IKE SA; never 0 (RFC 7296 section 3.1). That 64 bits repeat is not awaited.
  IkeSpi make_ike_spi() {
    std::uint8_t octets[8];
    do random->fill(octets);
    while (load_be64(octets) == 0);
    return IkeSpi(load_be64(octets));
  }
  ChildId make_child_id() { return ChildId(next_child_id++); }
  std::vector<std::uint8_t> make_nonce() {
    std::vector<std::uint8_t> nonce(kNonceSize);
    random->fill(nonce);
    return nonce;
  }
  // From `longest` a part of up to a tenth is taken, so that both ends seldom act at once
  // (RFC 7296 section 2.8).
  Duration with_jitter(Duration longest) {
    return longest - (longest / 10 / 1024) * static_cast<Duration::rep>(random->next_u32() % 1024);
  }
  std::int64_t unix_seconds(TimePoint now) const {
    return epoch_offset +
           std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  }

  // RFC 7296 section 2.10: at least 16 octets and half the key of the PRF.
  static constexpr std::size_t kNonceSize = 32;
};

}  // namespace hawser
