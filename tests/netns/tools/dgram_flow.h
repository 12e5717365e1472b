// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace hawser::lab {

// A datagram of hawser-dgram: 16 octets `trial, flow, sequence, size` (u32 each), then a pattern
// that flow and sequence determine.
struct DatagramHeader {
  std::uint32_t trial = 0;
  std::uint32_t flow = 0;
  std::uint32_t sequence = 0;
};
constexpr std::size_t kDatagramSizeMin = 16;

void write_datagram(const DatagramHeader& header, MutableByteSpan datagram);

struct FlowReport {
  std::uint64_t received = 0;  // without duplicates and corrupted ones
  std::uint64_t octets = 0;
  std::uint64_t reordered = 0;  // RFC 4737: below the highest sequence number seen
  std::uint64_t duplicated = 0;
  std::uint64_t corrupted = 0;
};

// Takes the datagrams of one trial and keeps account of each flow. Datagrams of other trials, late
// from a queue somewhere, are ignored; corrupted ones count for flow 0 when their header is broken.
class DatagramSink {
 public:
  DatagramSink(std::uint32_t trial, std::size_t flows, bool check_pattern)
      : trial_(trial), check_pattern_(check_pattern), flows_(flows) {}

  void take(ByteSpan datagram);
  FlowReport report(std::size_t flow) const { return flows_[flow].report; }

 private:
  struct Flow {
    FlowReport report;
    std::vector<bool> seen;
    std::uint64_t next_expected = 0;
  };

  std::uint32_t trial_;
  bool check_pattern_;
  std::vector<Flow> flows_;
};

}  // namespace hawser::lab
