// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "multipath/parity_receiver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const auto parity = ParityFrame::parse({data, size});
  if (!parity) return 0;
  if (ParityFrame::parse(parity->serialize()) != parity) std::abort();
  ParityReceiver receiver;
  // All that it covers but the first, each as one octet or as long as may be.
  for (std::uint32_t i = 1; i < ParityFrame::kSpan; ++i) {
    const ByteSpan packet =
        ByteSpan(parity->packets).first(i % 2 == 0 ? 1 : parity->packets.size());
    receiver.note(parity->bucket, parity->first + i, packet, TimePoint(Seconds(1)));
  }
  receiver.handle_parity(*parity, TimePoint(Seconds(1)));
  while (const auto one = receiver.poll_recovered()) {
    if (one->packet.empty() || one->packet.size() > parity->packets.size()) std::abort();
  }
  return 0;
}
