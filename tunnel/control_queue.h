// SPDX-License-Identifier: Apache-2.0
#pragma once

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
// costs a copy at most; what does not fit is for the caller to count as a drop.
class ControlQueue {
 public:
  static constexpr std::size_t kMaxPackets = 256;
  static constexpr std::size_t kMaxBytes = 512 * 1024;

  [[nodiscard]] bool push(const AddressPair& addresses, ByteSpan message);
  std::optional<ControlPacket> pop();
  bool empty() const { return packets_.empty(); }

 private:
  std::deque<ControlPacket> packets_;
  std::size_t bytes_ = 0;
};

}  // namespace hawser
