// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/packet_maker.h"
#include "tunnel/inner_coalescer.h"

// Packets with sound checksums in, and what comes out stands for exactly as many payload octets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  const std::uint8_t options = input.u8();
  InnerCoalescer coalescer;
  coalescer.set_options({.tcp = options % 2 == 0, .udp = options % 4 < 2});
  std::vector<std::vector<std::uint8_t>> packets;
  while (!input.empty() && packets.size() < 64) packets.push_back(fuzz::make_packet(input));
  std::size_t payload_in = 0;
  for (auto& packet : packets) {
    const auto header = IpHeader::parse(packet);
    if (!header) continue;
    payload_in += fuzz::payload_size(packet, *header);
    coalescer.add(MutableByteSpan(packet).first(header->total_size), *header);
  }
  coalescer.finish();
  std::size_t payload_out = 0;
  while (const auto batch = coalescer.poll()) payload_out += fuzz::payload_of_write(*batch);
  fuzz::require(payload_in == payload_out);
  coalescer.clear();
  return 0;
}
