// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_duties.h"

#include "ike-lite/child_duties.h"
#include "ike-lite/dead_peer_detection.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/mobike.h"

namespace hawser {

void start_duties(IkeSa& sa, TimePoint now) {
  if (const Duration lifetime = sa.peer()->ike_rekey_time; lifetime > Duration(0)) {
    sa.timers().set(IkeTimer::kIkeRekey, now + sa.environment().with_jitter(lifetime));
  }
  watch_peer(sa, now);
  set_children_timer(sa);
  resume_address_exchange(sa, now);
}

}  // namespace hawser
