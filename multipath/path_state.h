// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace hawser {

// The life of a path. Data goes on active paths, and on standby ones when no active one is left.
enum class PathState : std::uint8_t {
  kCandidate,   // known, not tried
  kValidating,  // challenged, no answer yet
  kActive,      // carries data
  kStandby,     // would carry data, and is not to be used now
  kSuspect,     // carried data, and is silent
  kFailed,      // does not carry data; tried again from time to time
  kDisabled,    // somebody said so
};

constexpr std::string_view to_string(PathState state) {
  switch (state) {
    case PathState::kCandidate:
      return "candidate";
    case PathState::kValidating:
      return "validating";
    case PathState::kActive:
      return "active";
    case PathState::kStandby:
      return "standby";
    case PathState::kSuspect:
      return "suspect";
    case PathState::kFailed:
      return "failed";
    case PathState::kDisabled:
      return "disabled";
  }
  return "?";
}

}  // namespace hawser
