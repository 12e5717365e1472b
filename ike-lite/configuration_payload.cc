// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/configuration_payload.h"

#include "ike-lite/wire_limits.h"

namespace hawser {
namespace {

constexpr std::uint16_t kReservedBit = 0x8000;

// RFC 7296 section 3.15.1: empty in a request for any value, else of the attribute's size.
bool is_sound_size(std::uint16_t type, std::size_t size) {
  if (size == 0) return true;
  switch (static_cast<ConfigurationAttribute>(type)) {
    case ConfigurationAttribute::kIp4Address:
    case ConfigurationAttribute::kIp4Netmask:
    case ConfigurationAttribute::kIp4Dns:
      return size == 4;
    case ConfigurationAttribute::kIp6Address:
      return size == 17;  // with a prefix length
    case ConfigurationAttribute::kIp6Dns:
      return size == 16;
  }
  return true;
}

}  // namespace

Result<ConfigurationPayload, WireFailure> parse_configuration(ByteReader& body) {
  ConfigurationPayload payload;
  if (!body.read_u8(payload.type) || !body.skip(3)) return malformed();
  while (!body.at_end()) {
    ConfigurationValue value;
    std::uint16_t length = 0;
    ByteSpan data;
    if (payload.values.size() == kMaxConfigurationValues) return malformed();
    if (!body.read_u16(value.type) || !body.read_u16(length) || !body.read_bytes(length, data)) {
      return malformed();
    }
    value.type &= static_cast<std::uint16_t>(~kReservedBit);
    if (!is_sound_size(value.type, length)) return malformed();
    value.data.assign(data.begin(), data.end());
    payload.values.push_back(std::move(value));
  }
  return payload;
}

void serialize(const ConfigurationPayload& payload, OctetWriter& writer) {
  writer.write_u8(payload.type);
  writer.write_zeros(3);
  for (const ConfigurationValue& value : payload.values) {
    writer.write_u16(value.type & static_cast<std::uint16_t>(~kReservedBit));
    writer.write_count_u16(value.data.size());
    writer.write_bytes(value.data);
  }
}

}  // namespace hawser
