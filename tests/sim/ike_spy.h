// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/sim/ike_simulation.h"

namespace hawser {

// What happened in a simulation that recorded it, a line for each message and event. Reads what is
// encrypted, too: it knows the randomness of both ends and derives all keys from it.
//
//   1012.345 left  --- CREATE_CHILD_SA request 5: N(REKEY_SA 0102a3f4) SA KE Nonce TSi TSr --->
std::string transcript_of(const IkeSimulation& simulation);

}  // namespace hawser
