// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "crypto/system_random.h"
#include "ike-lite/ike_engine.h"
#include "tests/support/numbered_spis.h"

namespace hawser {

// A gateway with many peers, and all these peers in one other engine: each has an identity and an
// address of its own, which both ends see. Raw keys, quiet mode, X25519 and AES-256-GCM. Messages
// arrive at once; time passes only in run_for().
class IkeWorld {
 public:
  explicit IkeWorld(unsigned peers);

  // From IKE_SA_INIT to a child SA that both ends have.
  void handshake(unsigned peer);
  void run_for(Duration time);

  // How many children both ends together were told to install, and peers lost.
  unsigned installed() const { return installed_; }
  unsigned lost() const { return lost_; }
  std::uint64_t messages() const { return messages_; }
  IkeCounters gateway_counters() const { return gateway_->counters(); }

 private:
  void pump();
  bool pump_from(IkeEngine& sender, IkeEngine& receiver, const TransportAddress& receiver_address);
  void drop_events(IkeEngine& engine);

  SystemRandom random_;
  NumberedSpis spis_;
  std::unique_ptr<IkeEngine> gateway_;
  std::unique_ptr<IkeEngine> clients_;
  TimePoint now_{Seconds(1000)};
  unsigned installed_ = 0;
  unsigned lost_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace hawser
