// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.h"

namespace hawser {

// The kernel's generator through libsodium. For the daemon and the command; protocol code is given
// a Random& and does not know which.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  void fill(MutableByteSpan bytes) override;
};

}  // namespace hawser
