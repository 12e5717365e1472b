// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/ike_engine_driver.h"

// The first two octets pick the state that the engine begins in, and who is at the other end; the
// rest is a list of things that happen.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hawser::fuzz::FuzzInput input(data, size);
  hawser::fuzz::IkeEngineDriver driver(input);
  for (int step = 0; step < 48 && !input.empty(); ++step) driver.step(input);
  driver.finish();
  return 0;
}
