// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace hawser {

// 16 octets of BLAKE2b: names a key of full entropy without telling anything of it, and shows
// whether a text was damaged by accident.
using Fingerprint = std::array<std::uint8_t, 16>;
Fingerprint fingerprint_of(ByteSpan bytes);

}  // namespace hawser
