// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/packet_maker.h"
#include "tunnel/inner_segmenter.h"

// A super-packet with any GSO fields at all: its segments are whole and carry every octet once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  Gso gso{.kind = input.u8() % 2 == 0 ? GsoKind::kTcp : GsoKind::kUdp};
  gso.segment_size = input.u16();
  gso.header_size = input.u8();
  auto bytes = input.rest();
  const auto header = IpHeader::parse(bytes);
  if (!header) return 0;
  const auto segmenter = InnerSegmenter::make({bytes, gso}, *header);
  if (!segmenter) return 0;
  std::size_t payload = 0;
  for (std::size_t i = 0; i < segmenter->count(); ++i) {
    std::vector<std::uint8_t> segment(segmenter->size_of(i));
    segmenter->write(i, segment.data());
    const auto part = IpHeader::parse(segment);
    fuzz::require(part && part->total_size == segment.size() && part->source == header->source);
    payload += fuzz::payload_size(segment, *part);
  }
  bytes.resize(header->total_size);
  fuzz::require(payload == fuzz::payload_size(bytes, *header));
  return 0;
}
