// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/dead_peer_detection.h"

#include <algorithm>
#include <memory>

#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_sa.h"

namespace hawser {
namespace {

// Peers are asked some at a time: of ten thousand, each by itself, the processor would be woken for
// hundreds in a second.
constexpr Duration kTogether = Milliseconds(250);

TimePoint with_others(TimePoint time) {
  const Duration past = time.time_since_epoch() % kTogether;
  return past == Duration(0) ? time : time + (kTogether - past);
}

class Probe final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kProbe; }
  std::optional<IkePayloads> begin(IkeSa& /*sa*/, TimePoint /*now*/) override {
    return IkePayloads();
  }
  void handle_response(IkeSa& sa, const IkePayloads& /*response*/, TimePoint now) override {
    watch_peer(sa, now);
  }
};

}  // namespace

void watch_peer(IkeSa& sa, TimePoint now) {
  const Duration interval = sa.peer()->dead_peer_interval;
  if (interval <= Duration(0) || sa.state() != IkeSa::State::kEstablished) return;
  // Ten thousand peers that fell silent together need not be asked together.
  sa.timers().set(IkeTimer::kDeadPeer, with_others(std::max(now, sa.last_heard()) +
                                                   sa.environment().with_jitter(interval)));
}

void handle_dead_peer_timer(IkeSa& sa, TimePoint now) {
  const Duration interval = sa.peer()->dead_peer_interval;
  if (interval <= Duration(0)) return;
  // Whatever is outstanding asks, too.
  const bool is_asking = sa.current_exchange() != nullptr || sa.has_exchange(ExchangeKind::kProbe);
  const bool is_silent = now >= sa.last_heard() + interval - interval / 10;
  if (is_silent && !is_asking) sa.enqueue(std::make_unique<Probe>(), now);
  watch_peer(sa, is_silent ? now : sa.last_heard());
}

}  // namespace hawser
