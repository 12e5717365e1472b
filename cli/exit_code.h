// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hawser {

// What hawser and hawserd exit with.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage =
    2;  // wrong usage, config or state: another try would end the same

}  // namespace hawser
