// SPDX-License-Identifier: Apache-2.0
#include "tunnel/endpoint_checks.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace hawser {
namespace {

std::string hex(Spi spi) {
  std::uint8_t octets[4];
  store_be32(octets, spi.value());
  return "0x" + to_hex(octets);
}

}  // namespace

bool same_key(const SaKey& a, const SaKey& b) {
  return equal_in_constant_time(a.key_and_salt.bytes(), b.key_and_salt.bytes());
}

bool same_sa(const ManualSa& a, const ManualSa& b) {
  return a.spi_in == b.spi_in && a.spi_out == b.spi_out && a.esn == b.esn &&
         a.replay_window == b.replay_window && a.lifetime == b.lifetime &&
         a.key_in.algorithm == b.key_in.algorithm && a.key_out.algorithm == b.key_out.algorithm &&
         same_key(a.key_in, b.key_in) && same_key(a.key_out, b.key_out);
}

std::optional<std::string> find_sa_error(const ManualSa& sa, WorkerIndex owner,
                                         std::vector<Spi>& inbound) {
  if (!sa.key_in.is_complete() || !sa.key_out.is_complete()) {
    return "a key has not the size that its cipher needs";
  }
  const unsigned octet = owner.value() + 1u;
  if (spi_owner_octet(sa.spi_in) != octet) {
    return "spi-in " + hex(sa.spi_in) + " does not begin with the octet of its worker, " +
           std::to_string(octet);
  }
  const bool repeated = std::ranges::any_of(inbound, [&](Spi other) {
    return spi_owner_octet(other) == octet && spi_slot(other) == spi_slot(sa.spi_in);
  });
  if (repeated) return "spi-in " + hex(sa.spi_in) + " has the slot (middle 16 bits) of another SA";
  inbound.push_back(sa.spi_in);
  return std::nullopt;
}

std::optional<ConfigureError> find_repeated_key(const EndpointConfig& config) {
  std::vector<const SaKey*> seen;
  for (const PeerConfig& peer : config.peers) {
    for (const ManualSa& sa : peer.sas) {
      for (const SaKey* key : {&sa.key_in, &sa.key_out}) {
        const bool repeated =
            std::ranges::any_of(seen, [key](const SaKey* other) { return same_key(*key, *other); });
        if (repeated)
          return ConfigureError{peer.name,
                                "a key occurs twice; each direction needs "
                                "its own"};
        seen.push_back(key);
      }
    }
  }
  return std::nullopt;
}

}  // namespace hawser
