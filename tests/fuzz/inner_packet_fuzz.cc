// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "tunnel/inner_segmenter.h"
#include "tunnel/ip_header.h"
#include "tunnel/mss_clamp.h"
#include "tunnel/too_big.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  const std::uint16_t mtu = input.u16();
  const Gso gso{
      .needs_checksum = true, .checksum_start = input.u16(), .checksum_offset = input.u8()};
  auto packet = input.rest();
  const auto header = IpHeader::parse(packet);
  if (!header) return 0;
  fuzz::require(header->total_size <= packet.size() && header->header_size <= header->total_size);
  const std::uint32_t hash = flow_hash(packet, *header);
  clamp_mss(packet, *header, mtu);
  fuzz::require(!clamp_mss(packet, *header, mtu) && flow_hash(packet, *header) == hash);
  const auto answer = make_too_big(packet, *header, mtu);
  fuzz::require(answer.empty() || IpHeader::parse(answer)->total_size == answer.size());
  if (!complete_checksum(packet, gso)) return 0;
  fuzz::require(std::size_t{gso.checksum_start} + gso.checksum_offset + 2 <= packet.size());
  return 0;
}
