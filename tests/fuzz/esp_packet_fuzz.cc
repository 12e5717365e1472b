// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_input.h"
#include "tunnel/esp_packet.h"
#include "tunnel/udp_encapsulation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const ByteSpan input(data, size);
  const UdpPayload kind = classify_udp_payload(input);
  if (const auto header = EspHeader::parse(input)) {
    fuzz::require(size >= kEspMinSize && kind != UdpPayload::kRunt);
    std::uint8_t written[kEspHeadroom];
    header->serialize(written);
    fuzz::require(std::equal(std::begin(written), std::end(written), data));
  }
  if (const auto payload = EspPayload::parse(input)) {
    fuzz::require(payload->size + kEspTrailerSize <= size);
    fuzz::require(payload->next_header == data[size - 1]);
  }
  return 0;
}
