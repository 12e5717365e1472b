// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/spi.h"
#include "ike-lite/child_sa.h"

namespace hawser {

class IkeSa;

// Delete (RFC 7296 section 1.4.1) as initiator; request_ike_delete() of ike_duties.h is here, too.

// This child, which drains when the peer has agreed. Once is enough.
void request_child_delete(IkeSa& sa, ChildSa& child);
// A child that is not there any more: the peer shall know.
void announce_removed_child(IkeSa& sa, std::vector<Spi> spis_in);

}  // namespace hawser
