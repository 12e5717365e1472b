// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "tests/fuzz/fuzz_input.h"

namespace hawser::fuzz {

// What was understood can be said, and is then understood as the same.
inline void require_round_trip(const IkePayloads& payloads) {
  // Selectors of which we can use none are not ours to send.
  for (const auto& selectors : {payloads.ts_initiator, payloads.ts_responder}) {
    if (selectors && selectors->selectors.empty()) return;
  }
  const SerializedPayloads sent = serialize_payloads(payloads);
  const auto received = parse_payloads(sent.first, sent.bytes);
  require(received.has_value());
  const SerializedPayloads again = serialize_payloads(*received);
  require(again.first == sent.first && again.bytes == sent.bytes);
  for (const auto& selectors : {payloads.ts_initiator, payloads.ts_responder}) {
    if (!selectors) continue;
    const auto narrowed = narrow(selectors->selectors, selectors->selectors);
    require(!narrowed.empty() && all_within(narrowed, selectors->selectors));
    require(all_within(selectors->selectors, narrowed));
    for (const TrafficSelector& selector : narrowed) require(!selector.to_prefixes().empty());
  }
}

}  // namespace hawser::fuzz
