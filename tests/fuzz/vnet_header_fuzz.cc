// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "tun/vnet_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  std::vector<std::uint8_t> frame(data, data + size);
  const auto packet = decode_vnet_header(frame);
  if (!packet) return 0;
  const Gso& gso = packet->gso;
  fuzz::require(packet->bytes.size() + kVnetHeaderSize == size);
  if (gso.needs_checksum) {
    fuzz::require(std::size_t{gso.checksum_start} + gso.checksum_offset + 2 <=
                  packet->bytes.size());
  }
  if (gso.kind == GsoKind::kNone) return 0;
  fuzz::require(gso.segment_size > 0 && gso.header_size <= packet->bytes.size());
  // Written and read again it is the same.
  const auto header = encode_vnet_header(gso, packet->bytes);
  std::vector<std::uint8_t> again(header.begin(), header.end());
  again.insert(again.end(), packet->bytes.begin(), packet->bytes.end());
  const auto second = decode_vnet_header(again);
  fuzz::require(second && second->gso.kind == gso.kind &&
                second->gso.segment_size == gso.segment_size);
  return 0;
}
