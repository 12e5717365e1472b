// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_identity.h"

#include <algorithm>

#include "base/hex.h"
#include "base/ip_address.h"
#include "ike-lite/wire_limits.h"

namespace hawser {
namespace {

constexpr std::string_view kKeyPrefix = "key:";
constexpr std::string_view kDnPrefix = "dn:";
constexpr std::size_t kMaxName = 253;  // RFC 1035 section 2.3.4, as text

// Not the library's, which asks the locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alphanumeric(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

ByteSpan octets_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string_view text_of(ByteSpan octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// Labels of letters, digits, - and _ with dots in between.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxName) return false;
  bool after_dot = true;
  bool has_letter = false;
  for (const char c : text) {
    if (c == '.' && after_dot) return false;
    if (c != '.' && c != '-' && c != '_' && !is_alphanumeric(c)) return false;
    after_dot = c == '.';
    has_letter = has_letter || (is_alphanumeric(c) && !is_digit(c));
  }
  // Without a letter it is an address with a slip of the pen.
  return has_letter && !after_dot;
}

// RFC 5322 section 3.2.3: what may stand before the @ without quotes. No colon is among it, so that
// what to_string marks with a kind is never read as a mailbox.
bool is_mailbox_character(char c) {
  constexpr std::string_view kOthers = ".!#$%&'*+-/=?^_`{|}~";
  return is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_mailbox(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at != 0 && at <= kMaxName &&
         std::ranges::all_of(text.substr(0, at), is_mailbox_character) &&
         is_host_name(text.substr(at + 1));
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// RFC 5321 section 2.4: of a mailbox only the domain is without case.
bool same_mailbox(std::string_view a, std::string_view b) {
  const std::size_t at = a.rfind('@');
  if (at == std::string_view::npos || at != b.rfind('@')) return a == b;
  return a.substr(0, at) == b.substr(0, at) && same_letters(a.substr(at), b.substr(at));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '\\') {
      out += c;
    } else {
      out += "\\x" + to_hex(octets_of({&c, 1}));
    }
  }
  return out;
}

// A name that reads as another kind would is marked, so that no two kinds look alike.
std::string name_to_string(const IkeIdentity& identity, std::string_view mark) {
  const std::string text = escaped(text_of(identity.data));
  const auto read = IkeIdentity::parse(text);
  return read && read->same_as(identity) ? text : std::string(mark) + text;
}

}  // namespace

std::optional<IkeIdentity> IkeIdentity::parse(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) {
    return from_wire(address->is_v4() ? IdType::kIpv4 : IdType::kIpv6, address->octets());
  }
  for (const auto& [prefix, type] :
       {std::pair(kKeyPrefix, IdType::kKeyId), std::pair(kDnPrefix, IdType::kDerDn)}) {
    if (!text.starts_with(prefix)) continue;
    const auto octets = parse_hex(text.substr(prefix.size()));
    if (!octets || octets->empty() || octets->size() > kMaxIdentitySize) return std::nullopt;
    return from_wire(type, *octets);
  }
  if (is_mailbox(text)) return from_wire(IdType::kRfc822, octets_of(text));
  if (is_host_name(text)) return from_wire(IdType::kFqdn, octets_of(text));
  return std::nullopt;
}

IkeIdentity IkeIdentity::from_key(ByteSpan public_key) {
  return from_wire(IdType::kKeyId, public_key);
}

IkeIdentity IkeIdentity::from_wire(IdType type, ByteSpan data) {
  return {.type = static_cast<std::uint8_t>(type), .data = {data.begin(), data.end()}};
}

std::string IkeIdentity::to_string() const {
  switch (static_cast<IdType>(type)) {
    case IdType::kIpv4:
      if (data.size() == 4) return IpAddress::v4(data.data()).to_string();
      break;
    case IdType::kIpv6:
      if (data.size() == 16) return IpAddress::v6(data.data()).to_string();
      break;
    case IdType::kFqdn:
      return name_to_string(*this, "fqdn:");
    case IdType::kRfc822:
      return name_to_string(*this, "email:");
    case IdType::kDerDn:
      return std::string(kDnPrefix) + to_hex(data);
    case IdType::kKeyId:
      return std::string(kKeyPrefix) + to_hex(data);
  }
  return "id-type-" + std::to_string(type) + ":" + to_hex(data);
}

bool IkeIdentity::same_as(const IkeIdentity& other) const {
  if (type != other.type) return false;
  if (type == static_cast<std::uint8_t>(IdType::kFqdn)) {
    return same_letters(text_of(data), text_of(other.data));
  }
  if (type == static_cast<std::uint8_t>(IdType::kRfc822)) {
    return same_mailbox(text_of(data), text_of(other.data));
  }
  return data == other.data;
}

}  // namespace hawser
