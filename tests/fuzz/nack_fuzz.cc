// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "multipath/nack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<hawser::Nack> nack = hawser::Nack::parse({data, size});
  if (!nack) return 0;
  std::size_t frames = 0;
  for (const hawser::MissingRange& range : nack->ranges) frames += range.count;
  if (frames == 0 || frames > hawser::Nack::kFramesMax) std::abort();
  if (hawser::Nack::parse(nack->serialize()) != nack) std::abort();
  return 0;
}
