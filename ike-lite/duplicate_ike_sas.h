// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_sa.h"

namespace hawser {

// Of two established IKE SAs between the same identities one survives: if each end began one, that
// whose initiator has the lower identity; if one end began both, the newer, since who begins anew
// has lost the older. Both ends come to the same result. Returns it.
const IkeSa& survivor_of(const IkeSa& older, const IkeSa& newer);

}  // namespace hawser
