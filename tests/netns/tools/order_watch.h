// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/netns/tools/order_meter.h"

namespace hawser::lab {

// Sees the packets that a TUN device of this namespace gives to the host, and meters the order of
// the TCP flows to one port. Throws std::runtime_error.
class OrderWatch {
 public:
  OrderWatch(const std::string& device, std::uint16_t port);
  OrderWatch(const OrderWatch&) = delete;
  OrderWatch& operator=(const OrderWatch&) = delete;
  ~OrderWatch();

  // Takes what waits, and waits for the first packet at most this long.
  void take_waiting(int timeout_ms);
  // Of all flows together.
  OrderReport report() const;
  // Packets that came too fast to be seen.
  std::uint64_t missed() const;

 private:
  void take(ByteSpan captured);

  int fd_ = -1;
  std::uint16_t port_;
  std::vector<std::uint8_t> buffer_;
  std::map<std::uint16_t, OrderMeter> flows_;
};

}  // namespace hawser::lab
