// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/identity_payload.h"

#include <algorithm>

#include "ike-lite/wire_limits.h"

namespace hawser {
namespace {

bool is_sound_size(std::uint8_t type, std::size_t size) {
  if (size > kMaxIdentitySize) return false;
  if (type == static_cast<std::uint8_t>(IdType::kIpv4)) return size == 4;
  if (type == static_cast<std::uint8_t>(IdType::kIpv6)) return size == 16;
  return true;
}

}  // namespace

Result<IkeIdentity, WireFailure> parse_identity(ByteReader& body) {
  IkeIdentity identity;
  ByteSpan reserved;
  ByteSpan data;
  if (!body.read_u8(identity.type) || !body.read_bytes(identity.reserved.size(), reserved) ||
      !body.read_bytes(body.remaining(), data) || !is_sound_size(identity.type, data.size())) {
    return malformed();
  }
  std::ranges::copy(reserved, identity.reserved.begin());
  identity.data.assign(data.begin(), data.end());
  return identity;
}

void serialize(const IkeIdentity& identity, OctetWriter& writer) {
  writer.write_u8(identity.type);
  writer.write_bytes(identity.reserved);
  writer.write_bytes(identity.data);
}

}  // namespace hawser
