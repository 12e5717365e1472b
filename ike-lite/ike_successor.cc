// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_successor.h"

#include <utility>

#include "ike-lite/child_duties.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/mobike.h"

namespace hawser {
namespace {

// For a Delete that is the peer's duty. Longer than a request is sent again: who did not get the
// answer that replaced an IKE SA still gets it from the old one.
constexpr Duration kDeletePatience = Seconds(330);
// Of one that lost: its creator may not even know of it.
constexpr Duration kLoserPatience = Seconds(60);

void await_delete(IkeSa& sa, Duration patience, TimePoint now) {
  sa.waiting().clear();
  sa.set_state(IkeSa::State::kReplaced);
  sa.timers() = IkeTimers();
  sa.timers().set(IkeTimer::kEnd, now + patience);
}

}  // namespace

std::unique_ptr<IkeSa> make_successor(IkeSa& sa, const SuccessorOptions& options, TimePoint now) {
  IkeSa::Options identity = sa.options();
  identity.we_initiated = options.we_initiated;
  identity.spis = options.spis;
  auto successor = std::make_unique<IkeSa>(identity, IkeSa::State::kEstablished, now);
  successor->facts() = sa.facts();
  successor->facts().suite = options.suite;
  // Its SK_d comes from the old one, and with it what ML-KEM gave.
  successor->facts().suite.ml_kem = sa.facts().suite.ml_kem;
  IkeKeys keys = derive_rekeyed_ike_keys(sa.keys(), options.suite.prf, options.suite.encryption,
                                         *options.shared, options.nonces, options.spis);
  if (!successor->set_keys(std::move(keys))) return nullptr;
  return successor;
}

void hand_over(IkeSa& sa, std::unique_ptr<IkeSa> successor, TimePoint now) {
  // RFC 7296 section 2.18: the new IKE SA inherits all children, and all that was learned since it
  // was made.
  const IkeSuite suite = successor->facts().suite;
  successor->facts() = sa.facts();
  successor->facts().suite = suite;
  successor->facts().busy_since.reset();
  ++successor->facts().ike_rekeys;
  // An address of the pool must be given back once only.
  sa.facts().given.clear();
  successor->children() = std::exchange(sa.children(), {});
  // What waits is about children and addresses, and means the same in the new one.
  successor->waiting() = std::exchange(sa.waiting(), {});
  successor->waiting().drop(ExchangeKind::kIkeRekey);
  successor->waiting().drop(ExchangeKind::kIkeDelete);
  if (sa.state() == IkeSa::State::kDeleting) {
    // It was to end while its rekey was under way: what the peer now has is ended in its place.
    request_ike_delete(*successor, sa.reason(), now);
  } else {
    start_duties(*successor, now);
    ensure_child(*successor, now);
  }
  sa.add_successor(std::move(successor));
  const bool is_lost_from_sight = sa.facts().address_update_due;
  await_delete(sa, kDeletePatience, now);
  // Else the peer's Delete would not find us.
  if (is_lost_from_sight) request_address_update(sa, now);
}

void hand_over_loser(IkeSa& sa, std::unique_ptr<IkeSa> loser, TimePoint now) {
  loser->facts().given.clear();
  if (loser->we_initiated()) {
    request_ike_delete(*loser, {}, now);
  } else {
    await_delete(*loser, kLoserPatience, now);
  }
  sa.add_successor(std::move(loser));
}

}  // namespace hawser
