// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/address_pair.h"
#include "base/bytes.h"

namespace hawser {

// A message of the key exchange as it came, without the non-ESP marker (RFC 3948 section 2.2).
struct ControlPacket {
  AddressPair addresses;
  std::vector<std::uint8_t> bytes;
};

// What a worker received for the control side and did not look at. Bounded, so that a flood of it
// costs a copy at most; what does not fit is for the caller to count as a drop. What anybody can
// send without knowing anything, what shows a cookie, and what belongs to an IKE SA have a lane
// each and take turns: a flood of the one kind leaves the others their share.
class ControlQueue {
 public:
  // Of each lane.
  static constexpr std::size_t kMaxPackets = 256;
  static constexpr std::size_t kMaxBytes = 512 * 1024;

  [[nodiscard]] bool push(const AddressPair& addresses, ByteSpan message);
  // In order within a lane.
  std::optional<ControlPacket> pop();
  bool empty() const;

 private:
  struct Lane {
    std::deque<ControlPacket> packets;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kLanes = 3;

  std::array<Lane, kLanes> lanes_;
  std::size_t turn_ = 0;
};

}  // namespace hawser
