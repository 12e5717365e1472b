// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/dgram_flow.h"

#include <algorithm>
#include <array>

#include "tests/netns/tools/link_random.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kOffsets = 4096;
constexpr std::uint32_t kSequenceMax = 1u << 30;  // bounds what a corrupted header can make us keep

// Any datagram's pattern is a piece of this table.
const std::vector<std::uint8_t>& pattern_table() {
  static const std::vector<std::uint8_t> table = [] {
    std::vector<std::uint8_t> bytes(kOffsets + 65'536);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(split_mix(i + 1));
    }
    return bytes;
  }();
  return table;
}

const std::uint8_t* pattern_of(const DatagramHeader& header) {
  const std::uint64_t mixed =
      split_mix((static_cast<std::uint64_t>(header.flow) << 32) | header.sequence);
  return &pattern_table()[mixed % kOffsets];
}

}  // namespace

void write_datagram(const DatagramHeader& header, MutableByteSpan datagram) {
  store_be32(&datagram[0], header.trial);
  store_be32(&datagram[4], header.flow);
  store_be32(&datagram[8], header.sequence);
  store_be32(&datagram[12], static_cast<std::uint32_t>(datagram.size()));
  std::copy_n(pattern_of(header), datagram.size() - kDatagramSizeMin,
              datagram.begin() + kDatagramSizeMin);
}

void DatagramSink::take(ByteSpan datagram) {
  if (datagram.size() < kDatagramSizeMin) {
    flows_[0].report.corrupted += 1;
    return;
  }
  const DatagramHeader header{load_be32(&datagram[0]), load_be32(&datagram[4]),
                              load_be32(&datagram[8])};
  if (header.trial != trial_) return;
  const bool broken = header.flow >= flows_.size() || header.sequence > kSequenceMax;
  Flow& flow = flows_[broken ? 0 : header.flow];
  if (broken || load_be32(&datagram[12]) != datagram.size() ||
      (check_pattern_ &&
       !std::equal(datagram.begin() + kDatagramSizeMin, datagram.end(), pattern_of(header)))) {
    flow.report.corrupted += 1;
    return;
  }
  if (header.sequence >= flow.seen.size()) {
    flow.seen.resize(std::max<std::size_t>(header.sequence + 1, flow.seen.size() * 2 + 1024));
  }
  if (flow.seen[header.sequence]) {
    flow.report.duplicated += 1;
    return;
  }
  flow.seen[header.sequence] = true;
  flow.report.received += 1;
  flow.report.octets += datagram.size();
  if (header.sequence < flow.next_expected) flow.report.reordered += 1;
  flow.next_expected = std::max<std::uint64_t>(flow.next_expected, header.sequence + 1u);
}

}  // namespace hawser::lab
