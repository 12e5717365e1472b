// SPDX-License-Identifier: Apache-2.0
#include "cli/used_keys.h"

#include <algorithm>

namespace hawser {

const UsedKeys::Entry* UsedKeys::find(ByteSpan key) const {
  const auto it = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return equal_in_constant_time(entry.key.bytes(), key); });
  return it == entries_.end() ? nullptr : &*it;
}

std::string UsedKeys::find_reuse(const EndpointConfig& config) const {
  for (const PeerConfig& peer : config.peers) {
    for (const ManualSa& sa : peer.sas) {
      const Entry* entry = find(sa.key_out.key());
      if (entry != nullptr && !entry->in_service) return peer.name;
    }
  }
  return {};
}

UsedKeys::Keys UsedKeys::keys_of(const EndpointConfig& config) {
  Keys keys;
  for (const PeerConfig& peer : config.peers) {
    for (const ManualSa& sa : peer.sas) keys.push_back(Secret::copy_of(sa.key_out.key()));
  }
  return keys;
}

void UsedKeys::remember(Keys keys) {
  for (Entry& entry : entries_) {
    entry.in_service = std::ranges::any_of(keys, [&](const Secret& key) {
      return equal_in_constant_time(entry.key.bytes(), key.bytes());
    });
  }
  for (Secret& key : keys) {
    if (find(key.bytes()) == nullptr) entries_.push_back({std::move(key)});
  }
}

}  // namespace hawser
