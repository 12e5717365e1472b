// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_message.h"
#include "tests/fuzz/ike_round_trip.h"

// A message in the clear: as it is, and with the length that it should have.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  auto bytes = input.rest();
  for (int turn = 0; turn < 2; ++turn) {
    if (const auto message = IkeMessage::parse(bytes)) {
      fuzz::require(message->header.length == size && message->header.major_version == 2);
      fuzz::require_round_trip(message->payloads);
    }
    if (size < IkeHeader::kSize) break;
    store_be32(bytes.data() + 24, static_cast<std::uint32_t>(size));
  }
  return 0;
}
