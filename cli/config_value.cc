// SPDX-License-Identifier: Apache-2.0
#include "cli/config_value.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "cli/config_scanner.h"
#include "crypto/identity_key.h"
#include "ike-lite/ike_identity.h"

namespace hawser {
namespace {

std::string quoted(std::string_view value) {
  constexpr std::size_t kShownMax = 60;
  const bool cut = value.size() > kShownMax;
  return "`" + std::string(value.substr(0, kShownMax)) + (cut ? "...`" : "`");
}

ConfigValue<void> check_word(const ConfigKey& key, std::string_view value) {
  const std::vector<std::string_view> choices = choices_of(key);
  if (std::ranges::find(choices, value) != choices.end()) return {};
  std::string list;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) list += i + 1 == choices.size() ? " or " : ", ";
    list += choices[i];
  }
  const std::string only = choices.size() > 2 ? "one of " : "";
  return failure(quoted(value) + " is not known; write " + only + list);
}

ConfigValue<void> check_words(const ConfigKey& key, std::string_view value) {
  const std::vector<std::string_view> words = split_list(value);
  for (const std::string_view word : words) {
    if (auto ok = check_word(key, word); !ok) return ok;
    if (words.size() > 1 && (word == "auto" || word == "off")) {
      return failure(quoted(word) + " stands alone; write it without the others");
    }
    if (std::ranges::count(words, word) > 1) {
      return failure(quoted(word) + " is repeated; name each offload once");
    }
  }
  return {};
}

ConfigValue<void> check_choices(const ConfigKey& key, std::string_view value) {
  const std::vector<std::string_view> words = split_list(value);
  for (const std::string_view word : words) {
    if (auto ok = check_word(key, word); !ok) return ok;
    if (std::ranges::count(words, word) > 1) {
      return failure(quoted(word) + " is repeated; name it once");
    }
  }
  return {};
}

ConfigValue<void> check_identity(std::string_view value) {
  if (IkeIdentity::parse(value)) return {};
  return failure(quoted(value) +
                 " is no identity; write a name, an address, user@domain or key: and hex digits");
}

ConfigValue<void> check_file(std::string_view value) {
  if (value.starts_with("ed25519-private:")) {
    return failure(
        std::string("is a key, not a file; put the key into a file of mode 0600 and "
                    "write the file's name"));
  }
  return {};
}

ConfigValue<void> check_public_key(std::string_view value) {
  if (IdentityPublicKey::parse(value)) return {};
  // Not quoted: it may be the private key.
  return failure(std::string(value.starts_with("ed25519-private:")
                                 ? "is a private key; write what `hawser pubkey` makes of it"
                                 : "is not a public key; write ed25519: and 44 characters of "
                                   "base64, as `hawser pubkey` prints it"));
}

template <typename T>
ConfigValue<void> discard(const ConfigValue<T>& value) {
  if (!value) return failure(value.error());
  return {};
}

ConfigValue<std::vector<IpPrefix>> parse_prefix_list(std::string_view value, bool networks) {
  std::vector<IpPrefix> prefixes;
  for (const std::string_view item : split_list(value)) {
    const auto prefix = IpPrefix::parse(item);
    if (!prefix) {
      return failure(quoted(item) + " is not an address; write one such as 10.8.0." +
                     (networks ? "0/24 or 2001:db8::/64" : "2/24 or 2001:db8::2/64"));
    }
    if (networks && !prefix->is_network()) {
      return failure(quoted(item) + " has bits set behind its length; write " +
                     prefix->network().to_string() + " or " + prefix->address.to_string() +
                     (prefix->address.is_v4() ? "/32" : "/128"));
    }
    if (std::ranges::find(prefixes, *prefix) != prefixes.end()) {
      return failure(quoted(item) + " is repeated; name it once");
    }
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

// RFC 1123 section 2.1, and underscores, which names in use have.
bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

bool is_host_name(std::string_view host) {
  if (host.size() > 253) return false;
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  for (;;) {
    const std::size_t dot = host.find('.');
    if (!is_host_label(host.substr(0, dot))) return false;
    if (dot == host.npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// 192.0.2.300 must not be looked up as a name.
bool looks_like_v4(std::string_view host) {
  return host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace

std::vector<std::string_view> split_list(std::string_view value) {
  std::vector<std::string_view> items;
  for (;;) {
    const std::size_t comma = value.find(',');
    items.push_back(trim(value.substr(0, comma)));
    if (comma == value.npos) return items;
    value.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> choices_of(const ConfigKey& key) {
  std::vector<std::string_view> choices;
  std::string_view rest = key.range;
  for (;;) {
    const std::size_t bar = rest.find(" | ");
    choices.push_back(rest.substr(0, bar));
    if (bar == rest.npos) return choices;
    rest.remove_prefix(bar + 3);
  }
}

bool is_interface_name(std::string_view name) {
  constexpr std::size_t kInterfaceNameMax = 15;  // the kernel's IFNAMSIZ less its zero
  return !name.empty() && name.size() <= kInterfaceNameMax && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

ConfigValue<std::vector<IpPrefix>> parse_prefixes(std::string_view value) {
  auto prefixes = parse_prefix_list(value, false);
  if (!prefixes) return prefixes;
  for (const IpPrefix& prefix : *prefixes) {
    const IpAddress& address = prefix.address;
    if (address.is_unspecified() || address.is_multicast_or_broadcast() || prefix.length == 0) {
      return failure(quoted(prefix.to_string()) +
                     " can't be a device's address; write a host's, such as 10.8.0.2/24");
    }
    if (address.is_v4() && prefix.length < 31 && prefix.is_network()) {
      return failure(quoted(prefix.to_string()) +
                     " is the network itself; write the host's address in it");
    }
  }
  return prefixes;
}

ConfigValue<std::vector<IpPrefix>> parse_networks(std::string_view value) {
  return parse_prefix_list(value, true);
}

ConfigValue<std::vector<IpAddress>> parse_addresses(std::string_view value) {
  std::vector<IpAddress> addresses;
  for (const std::string_view item : split_list(value)) {
    const auto address = IpAddress::parse(item);
    if (!address || address->is_unspecified() || address->is_multicast_or_broadcast()) {
      return failure(quoted(item) + " is not the address of a host; write 10.8.0.1 or 2001:db8::1");
    }
    addresses.push_back(*address);
  }
  return addresses;
}

ConfigValue<std::uint64_t> parse_number(const ConfigKey& key, std::string_view value) {
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error == std::errc::invalid_argument || stop != end) {
    return failure(quoted(value) + " is not a number; write " + std::string(key.range));
  }
  if (error != std::errc() || number < key.min || number > key.max) {
    return failure(quoted(value) + " is out of range; write " + std::string(key.range));
  }
  if (key.type == ConfigType::kPowerOfTwo && !std::has_single_bit(number)) {
    return failure(quoted(value) + " is not a power of two; write " +
                   std::to_string(std::bit_floor(number)) + " or " +
                   std::to_string(std::bit_ceil(number)));
  }
  return number;
}

ConfigValue<std::optional<std::uint32_t>> parse_window(const ConfigKey& key,
                                                       std::string_view value) {
  if (value == "auto") return std::nullopt;
  return parse_number(key, value).map([](std::uint64_t packets) {
    return std::optional(static_cast<std::uint32_t>(packets));
  });
}

ConfigValue<std::uint64_t> parse_rate(const ConfigKey& key, std::string_view value) {
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  const std::string_view unit = value.substr(static_cast<std::size_t>(stop - value.data()));
  std::uint64_t factor = 0;
  if (unit.empty()) factor = 1;
  if (unit == "k") factor = 1000;
  if (unit == "M") factor = 1'000'000;
  if (unit == "G") factor = 1'000'000'000;
  if (error == std::errc::invalid_argument || factor == 0) {
    return failure(quoted(value) + " is not a rate; write bits per second, such as 500k or 20M");
  }
  if (error != std::errc() || number > key.max / factor || number * factor < key.min) {
    return failure(quoted(value) + " is out of range; write " + std::string(key.range));
  }
  return number * factor;
}

ConfigValue<std::vector<IpAddress>> parse_gateways(std::string_view value) {
  auto addresses = parse_addresses(value);
  if (!addresses) return addresses;
  const auto v4 = std::ranges::count(*addresses, IpFamily::kV4, &IpAddress::family);
  if (v4 <= 1 && static_cast<std::ptrdiff_t>(addresses->size()) - v4 <= 1) return addresses;
  return failure(quoted(value) + " names two routers; write one of IPv4, one of IPv6 or both");
}

ConfigValue<std::vector<FlowMatch>> parse_matches(std::string_view value) {
  std::vector<FlowMatch> matches;
  for (const std::string_view item : split_list(value)) {
    const auto match = FlowMatch::parse(item);
    if (!match) return failure(match.error());
    matches.push_back(*match);
  }
  return matches;
}

ConfigValue<int> parse_nice(const ConfigKey& key, std::string_view value) {
  int number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < -20 || number > 19) {
    return failure(quoted(value) + " is no nice value; write " + std::string(key.range));
  }
  return number;
}

ConfigValue<std::uint32_t> parse_spi(const ConfigKey& key, std::string_view value) {
  std::uint32_t spi = 0;
  const char* end = value.data() + value.size();
  if (value.size() != 10 || !value.starts_with("0x")) {
    return failure(quoted(value) + " is not an SPI; write 0x and 8 hex digits, such as 0x01000001");
  }
  const auto [stop, error] = std::from_chars(value.data() + 2, end, spi, 16);
  if (error != std::errc() || stop != end) {
    return failure(quoted(value) + " is not an SPI; write 0x and 8 hex digits, such as 0x01000001");
  }
  if (spi < key.min || spi > key.max) {
    return failure(quoted(value) + " is out of range; write " + std::string(key.range));
  }
  return spi;
}

ConfigValue<HostAndPort> parse_endpoint(std::string_view value) {
  const auto wrong = [&](const std::string& what) {
    return failure(quoted(value) + " " + what +
                   "; write 192.0.2.1, 192.0.2.1:4500, [2001:db8::1]:4500 or vpn.example.com");
  };
  const std::size_t colon = value.rfind(':');
  const bool has_port = colon != value.npos && !value.ends_with(']');
  std::string_view host = has_port ? value.substr(0, colon) : value;
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!bracketed && host.find(':') != host.npos) return wrong("needs brackets round IPv6");
  if (bracketed && (!address || address->is_v4())) return wrong("has no IPv6 address in brackets");
  if (!address && (!is_host_name(host) || looks_like_v4(host))) return wrong("has no valid host");
  if (address && (address->is_unspecified() || address->is_multicast_or_broadcast())) {
    return wrong("is not the address of a host");
  }
  if (!has_port) return HostAndPort{std::string(host), kDefaultEndpointPort};
  const std::string_view digits = value.substr(colon + 1);
  std::uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) {
    return wrong("has a port that is not 1 to 65535");
  }
  return HostAndPort{std::string(host), port};
}

ConfigValue<void> check_config_value(const ConfigKey& key, std::string_view value) {
  switch (key.type) {
    case ConfigType::kName:
      if (is_interface_name(value)) return {};
      return failure(quoted(value) + " can't name an interface; write " + std::string(key.range));
    case ConfigType::kPrefixes:
      return discard(parse_prefixes(value));
    case ConfigType::kNetworks:
      return discard(parse_networks(value));
    case ConfigType::kPowerOfTwo:
      return discard(parse_window(key, value));
    case ConfigType::kNumber:
      return discard(parse_number(key, value));
    case ConfigType::kChoice:
      return check_word(key, value);
    case ConfigType::kWords:
      return check_words(key, value);
    case ConfigType::kFile:
      return check_file(value);
    case ConfigType::kEndpoint:
      return discard(parse_endpoint(value));
    case ConfigType::kCommand:
      return {};
    case ConfigType::kTable:
      if (value == "auto" || value == "off") return {};
      return discard(parse_number(key, value));
    case ConfigType::kNice:
      return discard(parse_nice(key, value));
    case ConfigType::kPublicKey:
      return check_public_key(value);
    case ConfigType::kSpi:
      return discard(parse_spi(key, value));
    case ConfigType::kIdentity:
      return check_identity(value);
    case ConfigType::kAddresses:
      return discard(parse_addresses(value));
    case ConfigType::kChoices:
      return check_choices(key, value);
    case ConfigType::kGateways:
      return discard(parse_gateways(value));
    case ConfigType::kRate:
      return discard(parse_rate(key, value));
    case ConfigType::kMatches:
      return discard(parse_matches(value));
    case ConfigType::kPolicy:
      return check_word(key, value);
  }
  return {};
}

}  // namespace hawser
