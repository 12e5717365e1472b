// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"

namespace hawser::lab {

// What the order meter needs of a packet of a TCP flow.
struct FlowPacket {
  std::uint16_t source_port = 0;
  std::uint16_t identification = 0;
  std::size_t payload = 0;  // octets of TCP payload by the IP header, however much was captured
};
// Of the front of an IPv4 packet with TCP to that port, not in fragments; else nothing.
std::optional<FlowPacket> parse_flow_packet(ByteSpan packet, std::uint16_t destination_port);

struct OrderReport {
  std::uint64_t packets = 0;
  std::uint64_t reordered = 0;
  std::uint64_t extent_max = 0;

  double ratio() const {
    return static_cast<double>(reordered) /
           static_cast<double>(std::max<std::uint64_t>(1, packets));
  }
};

// Reordering of one flow by RFC 4737. Its sequence numbers are IPv4's identifications, which a
// Linux TCP counts up with each packet that it sends: a retransmission has a new one, so that
// losses do not look like reordering.
class OrderMeter {
 public:
  // `count` packets with consecutive identifications, as in one packet that a GRO merged.
  void take(std::uint16_t identification, std::size_t count);
  const OrderReport& report() const { return report_; }

 private:
  struct Run {
    std::uint64_t arrival = 0;  // number of its first packet
    std::int64_t last = 0;      // highest sequence number
    std::size_t count = 0;
  };
  void take_reordered(std::int64_t first, std::size_t count);

  OrderReport report_;
  std::optional<std::int64_t> next_expected_;
  std::deque<Run> recent_;  // of those in order, so their numbers rise
};

}  // namespace hawser::lab
