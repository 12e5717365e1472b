// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/pending_sends.h"

namespace hawser {

bool PendingSends::push(const Transmit& transmit, std::size_t done) {
  const ByteSpan rest = transmit.bytes.subspan(done * transmit.segment_size);
  if (bytes_ + rest.size() > kMaxBytes) return false;
  bytes_ += rest.size();
  queue(transmit.addresses.remote.address.family())
      .push_back({transmit, {rest.begin(), rest.end()}});
  return true;
}

std::optional<Transmit> PendingSends::front(IpFamily family) const {
  if (queue(family).empty()) return std::nullopt;
  const Entry& entry = queue(family).front();
  Transmit transmit = entry.transmit;
  transmit.bytes = ByteSpan(entry.copy).subspan(entry.offset);
  return transmit;
}

void PendingSends::advance(IpFamily family, std::size_t done) {
  Entry& entry = queue(family).front();
  entry.offset += done * entry.transmit.segment_size;
  if (entry.offset < entry.copy.size()) return;
  bytes_ -= entry.copy.size();
  queue(family).pop_front();
}

}  // namespace hawser
