// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace hawser {

enum class IpFamily : std::uint8_t { kV4 = 4, kV6 = 6 };

// An IPv4 or IPv6 address as plain octets in network order. The default is 0.0.0.0.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  // 4 octets.
  static IpAddress v4(const std::uint8_t* octets);
  // 16 octets.
  static IpAddress v6(const std::uint8_t* octets);
  // "192.0.2.1" or "2001:db8::1"; nothing else (no zone, no prefix length).
  static std::optional<IpAddress> parse(std::string_view text);

  IpFamily family() const { return family_; }
  bool is_v4() const { return family_ == IpFamily::kV4; }
  // 4 or 16 octets, valid as long as this object.
  ByteSpan octets() const { return ByteSpan(octets_).first(is_v4() ? 4 : 16); }
  unsigned bit_count() const { return is_v4() ? 32 : 128; }
  bool is_unspecified() const;
  // 224.0.0.0/4 and ff00::/8, 255.255.255.255.
  bool is_multicast_or_broadcast() const;
  // 169.254.0.0/16 and fe80::/10.
  bool is_link_local() const;
  // 127.0.0.0/8 and ::1.
  bool is_loopback() const;
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpFamily family_ = IpFamily::kV4;
  std::array<std::uint8_t, 16> octets_{};  // IPv4: the first 4, the rest zero
};

// An address with a prefix length; bits behind the prefix may be set (an interface's address) or
// not (a route, a selector: see is_network).
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  // "10.0.0.0/8"; without a length the whole address (/32, /128).
  static std::optional<IpPrefix> parse(std::string_view text);
  bool contains(const IpAddress& other) const;
  bool overlaps(const IpPrefix& other) const;
  // True if no bit behind the prefix is set.
  bool is_network() const;
  IpPrefix network() const;
  std::string to_string() const;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

// An address and a UDP or TCP port: RFC 7296's and RFC 3948's end of a flow.
struct TransportAddress {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:4500" or "[2001:db8::1]:4500".
  static std::optional<TransportAddress> parse(std::string_view text);
  std::string to_string() const;
  friend auto operator<=>(const TransportAddress&, const TransportAddress&) = default;
};

}  // namespace hawser
