// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/ike_suite.h"

namespace hawser {

// What follows an IKE SA when it is rekeyed.
struct SuccessorOptions {
  bool we_initiated = false;  // the rekey
  IkeSpiPair spis;
  IkeSuite suite;
  const Secret* shared = nullptr;
  NoncePair nonces;
};
// With what was agreed, without children yet. Null if its keys can't be used.
std::unique_ptr<IkeSa> make_successor(IkeSa& sa, const SuccessorOptions& options, TimePoint now);
// It takes over from `sa`, which lives on only to be deleted.
void hand_over(IkeSa& sa, std::unique_ptr<IkeSa> successor, TimePoint now);
// One that lost against another one: its creator deletes it (RFC 7296 section 2.8.2).
void hand_over_loser(IkeSa& sa, std::unique_ptr<IkeSa> loser, TimePoint now);

}  // namespace hawser
