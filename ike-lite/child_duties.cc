// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/child_duties.h"

#include <algorithm>
#include <utility>

#include "ike-lite/child_sa_list.h"
#include "ike-lite/delete_exchanges.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/rekey_collision.h"

namespace hawser {
namespace {

// What the peer sent before it heard of the Delete.
constexpr Duration kDrainTime = Seconds(5);
// The Delete of the old child is awaited so long, once the peer has the new one.
constexpr Duration kSendAnyway = Seconds(2);
// An exchange of ours that ended so long ago crosses with nothing.
constexpr Duration kMayCross = Seconds(10);
// For a Delete that is the peer's duty.
constexpr Duration kDeletePatience = Seconds(60);
// Children that nobody replaced by each other are looked at after so long.
constexpr Duration kSurplusPatience = Seconds(30);

// The live child that wins among those that replace the same one; of others the newest.
ChildSa* preferred_child(IkeSa& sa) {
  ChildSa* best = nullptr;
  for (ChildSa& child : sa.children()) {
    if (!is_live(child)) continue;
    const bool is_better =
        best == nullptr || best->replaces != child.replaces ||
        winner_of_collision(child.lowest_nonce, best->lowest_nonce) == CollisionWinner::kOurs;
    if (is_better) best = &child;
  }
  return best;
}

// It lost: whoever created it deletes it.
void give_up_child(IkeSa& sa, ChildSa& child, TimePoint now) {
  child.send_at = TimePoint::max();
  child.is_unconfirmed = false;
  if (child.we_created) {
    request_child_delete(sa, child);
    return;
  }
  child.is_redundant = true;
  child.delete_at = now + kDeletePatience;
}

bool is_any_sent_on(const IkeSa& sa) {
  return std::ranges::any_of(
      sa.children(), [](const ChildSa& child) { return child.state == ChildSa::State::kSending; });
}

// Switches to `child`; what was sent on before is to be deleted by somebody, or by us at last.
void prefer(IkeSa& sa, ChildId id, TimePoint now) {
  send_on(sa, id);
  for (ChildSa& child : sa.children()) {
    child.send_at = TimePoint::max();
    child.is_unconfirmed = false;
    const bool is_forgotten = child.state == ChildSa::State::kDraining &&
                              child.remove_at == TimePoint::max() &&
                              child.delete_at == TimePoint::max();
    if (is_forgotten) child.delete_at = now + kDeletePatience;
  }
}

// One that waits for its Delete because it was rekeyed is none.
bool is_surplus_candidate(const IkeSa& sa, const ChildSa& child) {
  return is_live(child) && !is_replaced(sa, child.id);
}

// RFC 7296 section 2.8.1 speaks of rekeys. The same happens to new children when both ends miss
// one; what crossed some other way ends here, alike at both ends.
void remove_surplus(IkeSa& sa, TimePoint now) {
  if (!sa.facts().is_hawser) return;
  // Of those that one end created the newest, which both ends know alike; then the nonces.
  ChildSa* ours = nullptr;
  ChildSa* peers = nullptr;
  std::size_t count = 0;
  for (ChildSa& child : sa.children()) {
    if (!is_surplus_candidate(sa, child)) continue;
    if (now < child.created + kSurplusPatience) return;
    ++count;
    (child.we_created ? ours : peers) = &child;
  }
  if (count < 2) return;
  const bool is_ours =
      peers == nullptr ||
      (ours != nullptr &&
       winner_of_collision(ours->lowest_nonce, peers->lowest_nonce) == CollisionWinner::kOurs);
  const ChildId winner = is_ours ? ours->id : peers->id;
  for (ChildSa& child : sa.children()) {
    if (child.id != winner && is_surplus_candidate(sa, child)) give_up_child(sa, child, now);
  }
  prefer(sa, winner, now);
}

TimePoint next_deadline(const ChildSa& child) {
  TimePoint next = std::min({child.send_at, child.delete_at, child.remove_at});
  if (is_live(child) && !child.is_being_rekeyed) next = std::min(next, child.rekey_at);
  return next;
}

}  // namespace

bool is_live(const ChildSa& child) {
  return child.state != ChildSa::State::kDraining && !child.is_being_deleted &&
         !child.is_redundant && child.remove_at == TimePoint::max();
}

bool has_live_child(const IkeSa& sa) { return std::ranges::any_of(sa.children(), is_live); }

bool is_replaced(const IkeSa& sa, ChildId child) {
  return std::ranges::any_of(sa.children(), [child](const ChildSa& other) {
    return other.replaces == child && is_live(other);
  });
}

void conclude_own_child(IkeSa& sa, ChildId made, TimePoint now) {
  ChildSa& ours = *find_child(sa, made);
  const ChildId old = ours.replaces;
  // Made by the peer at the same time: our request would not have been sent had it been there.
  const auto competes = [&](const ChildSa& other) {
    return other.id != made && other.replaces == old && !other.we_created && is_live(other);
  };
  // RFC 7296 section 2.8.1: the end that created the loser deletes it; the winner's creator deletes
  // the old one.
  const bool is_lost = std::ranges::any_of(sa.children(), [&](const ChildSa& other) {
    return competes(other) &&
           winner_of_collision(ours.lowest_nonce, other.lowest_nonce) == CollisionWinner::kPeers;
  });
  if (is_lost) {
    give_up_child(sa, ours, now);
    resume_sending(sa, now);
    set_children_timer(sa);
    return;
  }
  for (ChildSa& other : sa.children()) {
    if (competes(other)) give_up_child(sa, other, now);
  }
  prefer(sa, made, now);
  if (ChildSa* replaced = find_child(sa, old)) request_child_delete(sa, *replaced);
  set_children_timer(sa);
}

void conclude_peer_child(IkeSa& sa, ChildId made, TimePoint now) {
  ChildSa& child = *find_child(sa, made);
  child.may_be_unknown = true;
  if (child.replaces == ChildId() && sa.facts().is_hawser) {
    // A Hawser asks for a new one only if it has none: what we take for live it has lost, unless
    // that was made by us just now and the requests crossed.
    for (ChildSa& other : sa.children()) {
      if (other.id == made || !is_live(other)) continue;
      if (other.we_created && now < other.created + kMayCross) continue;
      other.is_redundant = true;
      other.delete_at = now + kDeletePatience;
    }
    prefer(sa, made, now);
  } else if (is_any_sent_on(sa)) {
    // RFC 7296 section 2.8: the peer may not have the answer yet, and has the old one.
    child.is_unconfirmed = true;
  } else {
    // Without an old one, waiting would lose for certain.
    prefer(sa, made, now);
  }
  set_children_timer(sa);
}

void begin_draining(IkeSa& sa, ChildId id, TimePoint now) {
  ChildSa* child = find_child(sa, id);
  if (child == nullptr) return;
  const bool was_sending = child->state == ChildSa::State::kSending;
  child->remove_at = std::min(child->remove_at, now + kDrainTime);
  child->send_at = child->delete_at = child->rekey_at = TimePoint::max();
  if (was_sending) {
    if (const ChildSa* next = preferred_child(sa)) prefer(sa, next->id, now);
  }
  if (child->state == ChildSa::State::kSending) {
    sa.emit(ChildDraining{.peer = sa.peer_id(), .child = id});
  }
  child->state = ChildSa::State::kDraining;
  set_children_timer(sa);
}

void confirm_children(IkeSa& sa, TimePoint now) {
  bool is_any = false;
  for (ChildSa& child : sa.children()) {
    child.may_be_unknown = false;
    if (!std::exchange(child.is_unconfirmed, false)) continue;
    child.send_at = now + kSendAnyway;
    is_any = true;
  }
  if (is_any) set_children_timer(sa);
}

void resume_sending(IkeSa& sa, TimePoint now) {
  if (is_any_sent_on(sa)) return;
  if (const ChildSa* next = preferred_child(sa)) prefer(sa, next->id, now);
}

void ensure_child(IkeSa& sa, TimePoint not_before) {
  if (sa.state() == IkeSa::State::kEstablished && !has_live_child(sa)) {
    request_child(sa, not_before);
  }
}

void set_children_timer(IkeSa& sa) {
  TimePoint next = TimePoint::max();
  TimePoint surplus_at = TimePoint::max();
  std::size_t live = 0;
  for (const ChildSa& child : sa.children()) {
    next = std::min(next, next_deadline(child));
    if (!is_surplus_candidate(sa, child)) continue;
    surplus_at = live++ == 0 ? child.created : std::max(surplus_at, child.created);
  }
  if (live > 1 && sa.facts().is_hawser) next = std::min(next, surplus_at + kSurplusPatience);
  sa.timers().set(IkeTimer::kChildren, next);
}

void handle_children_timer(IkeSa& sa, TimePoint now) {
  std::vector<ChildId> ids;
  for (const ChildSa& child : sa.children()) ids.push_back(child.id);
  for (const ChildId id : ids) {
    ChildSa* child = find_child(sa, id);
    if (child->remove_at <= now) {
      remove_child(sa, id);
      continue;
    }
    if (child->send_at <= now) prefer(sa, preferred_child(sa)->id, now);
    if (child->delete_at <= now) {
      child->delete_at = TimePoint::max();
      request_child_delete(sa, *child);
    }
    if (is_live(*child) && child->rekey_at <= now) request_child_rekey(sa, id, now);
  }
  remove_surplus(sa, now);
  ensure_child(sa, now);
  set_children_timer(sa);
}

}  // namespace hawser
