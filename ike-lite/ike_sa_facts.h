// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address_pair.h"
#include "base/time.h"
#include "ike-lite/ike_identity.h"
#include "ike-lite/ike_suite.h"

namespace hawser {

// What was agreed in IKE_SA_INIT and IKE_AUTH. All of it but the suite is inherited when the IKE SA
// is rekeyed (RFC 7296 section 2.18).
struct IkeSaFacts {
  IkeIdentity local_identity;
  IkeIdentity remote_identity;
  IkeSuite suite;
  // Where our requests go. The local address of one that began is unspecified: the system's
  // routes choose it.
  AddressPair path;
  TransportAddress local_seen;    // where the peer's answers reach us
  bool is_authenticated = false;  // the peer proved who it is
  bool peer_behind_nat = false;
  bool we_are_behind_nat = false;
  bool is_hawser = false;  // the vendor ID was in both messages of IKE_AUTH
  bool fragmentation = false;
  bool mobike = false;
  bool post_quantum_key = false;
  bool initial_contact = false;             // the peer says that it has no other IKE SA with us
  bool may_update_addresses = false;        // we began the first IKE SA (RFC 4555 section 3.5)
  unsigned peer_child_sas = 1;              // how many pairs of a slot the peer wants
  std::optional<unsigned> peer_path_slots;  // unset: it has not said
  std::vector<IpAddress> assigned;          // to us
  std::vector<IpAddress> dns;
  std::vector<IpAddress> given;  // of the pool, to the peer
  TimePoint first_established;
  std::optional<TimePoint> busy_since;  // the peer has said TEMPORARY_FAILURE since then
  bool address_update_due = false;      // the peer does not know yet where we are (RFC 4555)
  bool address_check_due = false;       // we do not know yet whether the peer is at `path`
  std::vector<IpAddress> offered;       // where else the peer may come to (RFC 4555 section 3.6)
  bool offer_due = false;               // the peer does not know that yet
  std::uint64_t ike_rekeys = 0;
  std::uint64_t child_rekeys = 0;
};

}  // namespace hawser
