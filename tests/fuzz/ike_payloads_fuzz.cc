// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/ike_round_trip.h"

// The first octet is the type of the first payload, as an SK payload says it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hawser::fuzz::FuzzInput input(data, size);
  const std::uint8_t first = input.u8();
  const auto chain = input.rest();
  const auto payloads = hawser::parse_payloads(first, chain);
  if (payloads) {
    hawser::fuzz::require_round_trip(*payloads);
  } else {
    const auto failure = payloads.error();
    const bool is_critical = failure.error == hawser::WireError::kCriticalPayload;
    hawser::fuzz::require(is_critical == (failure.payload_type != 0));
  }
  return 0;
}
