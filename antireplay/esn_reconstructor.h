// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "antireplay/replay_window.h"

namespace hawser {

// Guesses the 64-bit sequence number from the 32 bits on the wire: the candidate nearest to the
// highest accepted one. Independent of the window's size, unlike RFC 4303 appendix A2, so a late
// packet is known as late and not mistaken for one of the next 2^32. Where the lower candidate
// would be negative (the start of an SA) the upper one is taken.
SequenceNumber reconstruct_esn(std::uint32_t low, SequenceNumber highest);

}  // namespace hawser
