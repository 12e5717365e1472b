// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/spi.h"
#include "base/time.h"
#include "ike-lite/ike_event.h"

namespace hawser {

class IkeSa;

// What an established IKE SA does by itself, and what its owner asks of it.

// The IKE SA is authenticated, or replaces one that was: sets its timers.
void start_duties(IkeSa& sa, TimePoint now);
void handle_ike_rekey_timer(IkeSa& sa, TimePoint now);
void handle_dead_peer_timer(IkeSa& sa, TimePoint now);
void handle_children_timer(IkeSa& sa, TimePoint now);
void handle_mobike_timer(IkeSa& sa, TimePoint now);

// A further child for the peer's selectors, not asked for before `not_before`.
void request_child(IkeSa& sa, TimePoint not_before);
void request_child_rekey(IkeSa& sa, ChildId child, TimePoint now);
// The child can be used no longer: it is deleted, and another made.
void drop_child(IkeSa& sa, ChildId child, TimePoint now);
void request_ike_rekey(IkeSa& sa, TimePoint now);
// Deletes the IKE SA: it is closed when the peer has answered, or has not for long.
void request_ike_delete(IkeSa& sa, std::string reason, TimePoint now);
// Our addresses or routes changed (RFC 4555).
void request_address_update(IkeSa& sa, TimePoint now);

}  // namespace hawser
