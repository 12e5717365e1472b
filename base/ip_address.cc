// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace hawser {
namespace {

bool parse_number(std::string_view text, unsigned max, unsigned& value) {
  if (text.empty() || text.size() > 5) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && value <= max;
}

bool same_bits(ByteSpan a, ByteSpan b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  return ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

}  // namespace

IpAddress IpAddress::v4(const std::uint8_t* octets) {
  IpAddress address;
  std::memcpy(address.octets_.data(), octets, 4);
  return address;
}

IpAddress IpAddress::v6(const std::uint8_t* octets) {
  IpAddress address;
  address.family_ = IpFamily::kV6;
  std::memcpy(address.octets_.data(), octets, 16);
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  // inet_pton would stop at a NUL and take what stands before it.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  std::uint8_t octets[16];
  if (inet_pton(AF_INET, buffer, octets) == 1) return v4(octets);
  if (inet_pton(AF_INET6, buffer, octets) == 1) return v6(octets);
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(octets(), [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_multicast_or_broadcast() const {
  if (!is_v4()) return octets_[0] == 0xff;
  return (octets_[0] & 0xf0) == 0xe0 ||
         std::ranges::all_of(octets(), [](std::uint8_t octet) { return octet == 0xff; });
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return octets_[0] == 169 && octets_[1] == 254;
  return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[0] == 127;
  static constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                          0, 0, 0, 0, 0, 0, 0, 1};
  return octets_ == kLoopback;
}

std::string IpAddress::to_string() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), buffer, sizeof buffer);
  return buffer;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned length = address->bit_count();
  if (slash != std::string_view::npos &&
      !parse_number(text.substr(slash + 1), address->bit_count(), length)) {
    return std::nullopt;
  }
  return IpPrefix{*address, static_cast<std::uint8_t>(length)};
}

bool IpPrefix::contains(const IpAddress& other) const {
  return other.family() == address.family() && same_bits(address.octets(), other.octets(), length);
}

bool IpPrefix::overlaps(const IpPrefix& other) const {
  return other.address.family() == address.family() &&
         same_bits(address.octets(), other.address.octets(), std::min(length, other.length));
}

bool IpPrefix::is_network() const { return network().address == address; }

IpPrefix IpPrefix::network() const {
  std::uint8_t octets[16] = {};
  const ByteSpan from = address.octets();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const unsigned bits = length <= i * 8 ? 0 : std::min<unsigned>(8, length - unsigned(i) * 8);
    octets[i] = static_cast<std::uint8_t>(from[i] & (0xff00u >> bits));
  }
  return {address.is_v4() ? IpAddress::v4(octets) : IpAddress::v6(octets), length};
}

std::string IpPrefix::to_string() const {
  return address.to_string() + "/" + std::to_string(length);
}

std::optional<TransportAddress> TransportAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  unsigned port = 0;
  if (!address || address->is_v4() == bracketed ||
      !parse_number(text.substr(colon + 1), 65535, port)) {
    return std::nullopt;
  }
  return TransportAddress{*address, static_cast<std::uint16_t>(port)};
}

std::string TransportAddress::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

}  // namespace hawser
