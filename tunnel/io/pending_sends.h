// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tunnel/packet.h"

namespace hawser {

// Datagrams that a full socket did not take, copied, in order. Bounded: what does not fit is for
// the caller to count as a drop.
class PendingSends {
 public:
  static constexpr std::size_t kMaxBytes = 512 * 1024;

  bool empty(IpFamily family) const { return queue(family).empty(); }
  bool empty() const { return v4_.empty() && v6_.empty(); }
  // Keeps what is left of a transmit behind the first `done` datagrams; false if there is no room.
  [[nodiscard]] bool push(const Transmit& transmit, std::size_t done);
  // The oldest, valid until the next call of pop or push.
  std::optional<Transmit> front(IpFamily family) const;
  // The first `done` datagrams of the oldest are done with.
  void advance(IpFamily family, std::size_t done);

 private:
  struct Entry {
    Transmit transmit;  // its bytes are those of `copy` behind `offset`
    std::vector<std::uint8_t> copy;
    std::size_t offset = 0;
  };
  const std::deque<Entry>& queue(IpFamily family) const {
    return family == IpFamily::kV4 ? v4_ : v6_;
  }
  std::deque<Entry>& queue(IpFamily family) { return family == IpFamily::kV4 ? v4_ : v6_; }

  std::deque<Entry> v4_;
  std::deque<Entry> v6_;
  std::size_t bytes_ = 0;
};

}  // namespace hawser
