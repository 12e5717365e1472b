// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "tests/support/inner_packets.h"
#include "tunnel/data_plane.h"
#include "tunnel/endpoint.h"

namespace hawser {

// A key of the right size whose octets depend on `seed`.
SaKey test_key(AeadAlgorithm algorithm, std::uint32_t seed);

// The two ends' manual SAs number `index` of a pair of sites, mirrored: `workers` says how many
// each end has, so that each inbound SPI names the right owner.
struct SaPair {
  ManualSa left;
  ManualSa right;
};
SaPair test_sa_pair(std::uint16_t index, unsigned left_workers, unsigned right_workers,
                    AeadAlgorithm algorithm = AeadAlgorithm::kAes256Gcm, bool esn = true,
                    std::uint32_t key_seed = 1);

std::vector<IpPrefix> prefixes(std::initializer_list<std::string_view> texts);
TransportAddress transport(std::string_view text);

// What a DataPlane has to say after a call, copied.
std::vector<Bytes> drain_datagrams(DataPlane& plane);
// Super-packets are cut again, as the kernel behind the TUN device would.
std::vector<Bytes> drain_inner(DataPlane& plane);

}  // namespace hawser
