// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/spi.h"
#include "base/time.h"
#include "ike-lite/ike_event.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/traffic_selector.h"

namespace hawser {

// A child SA, or a set of them, as its IKE SA knows it; the keys are with the owner of the engine.
struct ChildSa {
  enum class State : std::uint8_t {
    kInstalled,  // we receive; the peer does not yet, or has a better one
    kSending,    // the one that we send on
    kDraining,   // replaced; what is on its way still arrives
  };
  ChildId id;
  std::vector<Spi> spis_in;
  std::vector<Spi> spis_out;
  ChildSuite suite;
  TrafficSelectors local;
  TrafficSelectors remote;
  State state = State::kInstalled;
  bool we_created = false;                 // we began the exchange that made it
  bool is_being_rekeyed = false;           // an exchange of ours is under way or queued
  bool is_being_deleted = false;           // likewise
  bool is_redundant = false;               // lost against another one; who created it deletes it
  bool is_unconfirmed = false;             // the peer asked for it, and may not have our answer yet
  bool may_be_unknown = false;             // likewise, also if we send on it already
  unsigned failed_rekeys = 0;              // in a row
  ChildId replaces;                        // the child that it is a rekey of; 0: none
  std::vector<std::uint8_t> lowest_nonce;  // of the exchange that made it; empty in IKE_AUTH
  TimePoint created;
  TimePoint rekey_at = TimePoint::max();
  TimePoint send_at = TimePoint::max();    // if the old one is not deleted by then
  TimePoint delete_at = TimePoint::max();  // if the peer, whose duty it is, did not
  TimePoint remove_at = TimePoint::max();  // deleted; what is on its way still arrives
};

}  // namespace hawser
