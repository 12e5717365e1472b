// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/duplicate_ike_sas.h"

#include <tuple>

namespace hawser {
namespace {

// Who began the first of an IKE SA and those that replaced it.
bool we_began(const IkeSa& sa) { return sa.facts().may_update_addresses; }

const IkeIdentity& identity_of_initiator(const IkeSa& sa) {
  return we_began(sa) ? sa.facts().local_identity : sa.facts().remote_identity;
}

}  // namespace

const IkeSa& survivor_of(const IkeSa& older, const IkeSa& newer) {
  if (we_began(older) == we_began(newer)) return newer;
  const IkeIdentity& first = identity_of_initiator(older);
  const IkeIdentity& second = identity_of_initiator(newer);
  return std::tie(first.data, first.type) < std::tie(second.data, second.type) ? older : newer;
}

}  // namespace hawser
