// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crypto/secret.h"
#include "tunnel/endpoint.h"

namespace hawser {

// The keys that this daemon has sent with. One that was taken out of service must not come back:
// its sequence numbers, and so its nonces, would begin again at 1.
class UsedKeys {
 public:
  // Keys without salt.
  using Keys = std::vector<Secret>;
  static Keys keys_of(const EndpointConfig& config);

  // The first peer of the config that would begin anew with a used key; empty if none would.
  std::string find_reuse(const EndpointConfig& config) const;
  // Those of a config that came into force.
  void remember(Keys keys);

 private:
  struct Entry {
    Secret key;
    bool in_service = true;
  };
  const Entry* find(ByteSpan key) const;

  std::vector<Entry> entries_;
};

}  // namespace hawser
