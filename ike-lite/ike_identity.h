// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// Who an end says it is: the body of an IDi or IDr payload (RFC 7296 section 3.5).
struct IkeIdentity {
  std::uint8_t type = 0;                   // IdType, or one that we do not know
  std::array<std::uint8_t, 3> reserved{};  // as received: AUTH covers them
  std::vector<std::uint8_t> data;

  // As in the config: an address, "user@domain", "key:HEX" (KEY_ID), "dn:HEX" (DER), else a name
  // (FQDN). Empty for text that is none of these.
  static std::optional<IkeIdentity> parse(std::string_view text);
  // The name of a raw public key: KEY_ID of its 32 octets.
  static IkeIdentity from_key(ByteSpan public_key);
  static IkeIdentity from_wire(IdType type, ByteSpan data);
  // For people; what is not printable is escaped.
  std::string to_string() const;

  // The reserved octets do not count. Names compare without regard to case.
  bool same_as(const IkeIdentity& other) const;
  friend bool operator==(const IkeIdentity&, const IkeIdentity&) = default;
};

}  // namespace hawser
