// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace hawser {

// CLOCK_MONOTONIC: the one place that packet times come from.
TimePoint monotonic_now();

}  // namespace hawser
