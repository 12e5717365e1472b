// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/data_plane_driver.h"

// The first octet picks the state that the data plane begins in; the rest is a list of things that
// happen to it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hawser::fuzz::FuzzInput input(data, size);
  hawser::fuzz::DataPlaneDriver driver(input.u8());
  for (int step = 0; step < 64 && !input.empty(); ++step) driver.step(input);
  driver.require_no_number_was_delivered_twice();
  return 0;
}
