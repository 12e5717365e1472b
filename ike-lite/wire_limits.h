// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace hawser {

// How much of a kind a message may have. Far above what any peer sends, and so low that a hostile
// message costs little more than its octets; more is malformed.
inline constexpr std::size_t kMaxPayloads = 128;
inline constexpr std::size_t kMaxNotifies = 96;
inline constexpr std::size_t kMaxProposals = 64;
inline constexpr std::size_t kMaxTransforms = 128;  // of one proposal
inline constexpr std::size_t kMaxAttributes = 8;    // of one transform
inline constexpr std::size_t kMaxDeletedSpis = 256;
inline constexpr std::size_t kMaxConfigurationValues = 64;
inline constexpr std::size_t kMaxIdentitySize = 2048;

}  // namespace hawser
