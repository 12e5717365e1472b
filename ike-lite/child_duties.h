// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"
#include "ike-lite/child_sa.h"

namespace hawser {

class IkeSa;

// What becomes of children as time goes by and others come: which one is sent on, which ones drain,
// and that there is one at all.

// May be sent on: neither replaced nor deleted, by either end.
bool is_live(const ChildSa& child);
bool has_live_child(const IkeSa& sa);
// True if a live child is a rekey of this one.
bool is_replaced(const IkeSa& sa, ChildId child);

// A child of ours that was just made: decides between it and those that the peer made at the same
// time, sends on it or has it deleted, and has the one that it replaces deleted.
void conclude_own_child(IkeSa& sa, ChildId made, TimePoint now);
// A child that the peer's request made: sent on when the old one is deleted, or when the peer has
// shown otherwise that it receives.
void conclude_peer_child(IkeSa& sa, ChildId made, TimePoint now);
// The peer deleted it, or has agreed to: another one is sent on, and it drains.
void begin_draining(IkeSa& sa, ChildId child, TimePoint now);
// The peer asks something new, and so has all our answers (RFC 7296 section 2.3: one request at a
// time): what it asked for is received by now.
void confirm_children(IkeSa& sa, TimePoint now);
// If no child is sent on, one that is live is.
void resume_sending(IkeSa& sa, TimePoint now);
// Makes one if there is none and none is asked for.
void ensure_child(IkeSa& sa, TimePoint not_before);
// After children or their deadlines changed.
void set_children_timer(IkeSa& sa);

}  // namespace hawser
