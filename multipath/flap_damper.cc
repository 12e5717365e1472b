// SPDX-License-Identifier: Apache-2.0
#include "multipath/flap_damper.h"

#include <algorithm>

namespace hawser {

void FlapDamper::note_left(TimePoint now) {
  // Each minute of use makes up for one failure.
  for (Duration used = now - active_since_; used >= kLongest && strikes_ > 0; used -= kLongest) {
    --strikes_;
    hold_ = std::max(kShortest, hold_ / 2);
  }
  if (strikes_ > 0) hold_ = std::min(kLongest, hold_ * 2);
  ++strikes_;
}

}  // namespace hawser
