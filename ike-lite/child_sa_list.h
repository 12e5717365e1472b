// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/child_sa.h"

namespace hawser {

class IkeSa;

// The children of one IKE SA, and what its owner is told about them.

// Null if there is none.
ChildSa* find_child(IkeSa& sa, ChildId id);
ChildSa* find_child_by_spi_in(IkeSa& sa, Spi spi);
ChildSa* find_child_by_spi_out(IkeSa& sa, Spi spi);
// Send on this one, and no longer on the others, which drain.
void send_on(IkeSa& sa, ChildId id);
// Gives its SPIs back.
void remove_child(IkeSa& sa, ChildId id);
void remove_all_children(IkeSa& sa);

}  // namespace hawser
