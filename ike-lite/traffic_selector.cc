// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/traffic_selector.h"

#include <algorithm>
#include <array>

namespace hawser {
namespace {

// An address as a number that can be counted with; octets behind an IPv4 address are not used.
struct Number {
  std::array<std::uint8_t, 16> octets{};
  std::size_t size = 4;

  explicit Number(const IpAddress& address) : size(address.octets().size()) {
    std::ranges::copy(address.octets(), octets.begin());
  }
  IpAddress to_address() const {
    return size == 4 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
  }
  // Bits from the lowest on, all of which are `value`.
  unsigned count_low_bits(bool value) const {
    unsigned count = 0;
    while (count < size * 8 && bit(count) == value) ++count;
    return count;
  }
  void fill_low_bits(unsigned count, bool value) {
    for (unsigned i = 0; i < count; ++i) {
      const auto mask = static_cast<std::uint8_t>(1u << i % 8);
      std::uint8_t& octet = octets[size - 1 - i / 8];
      octet = static_cast<std::uint8_t>(value ? octet | mask : octet & ~mask);
    }
  }
  // False at the highest address.
  bool increment() {
    for (std::size_t i = size; i-- > 0;) {
      if (++octets[i] != 0) return true;
    }
    return false;
  }

 private:
  bool bit(unsigned index) const { return (octets[size - 1 - index / 8] >> index % 8 & 1) != 0; }
};

// The last address of the block of 2^bits addresses that begins with `first`.
IpAddress last_of_block(Number first, unsigned bits) {
  first.fill_low_bits(bits, true);
  return first.to_address();
}

bool is_within(const TrafficSelector& selector, const TrafficSelectors& limits) {
  return std::ranges::any_of(
      limits, [&](const TrafficSelector& limit) { return limit.contains(selector); });
}

}  // namespace

TrafficSelector TrafficSelector::from_prefix(const IpPrefix& prefix) {
  const IpAddress first = prefix.network().address;
  return {first, last_of_block(Number(first), first.bit_count() - prefix.length)};
}

bool TrafficSelector::contains(const IpAddress& address) const {
  // IpAddress orders by family first, so that one of the other family is never in between.
  return first <= address && address <= last;
}

bool TrafficSelector::contains(const TrafficSelector& other) const {
  return contains(other.first) && contains(other.last);
}

std::optional<TrafficSelector> TrafficSelector::intersect(const TrafficSelector& other) const {
  const TrafficSelector common{std::max(first, other.first), std::min(last, other.last)};
  if (common.last < common.first) return std::nullopt;
  return common;
}

std::string TrafficSelector::to_string() const {
  const auto prefixes = to_prefixes();
  if (prefixes.size() == 1) return prefixes.front().to_string();
  return first.to_string() + "-" + last.to_string();
}

std::vector<IpPrefix> TrafficSelector::to_prefixes() const {
  std::vector<IpPrefix> prefixes;
  Number at(first);
  while (true) {
    // The largest block that begins here and does not reach beyond the end.
    unsigned bits = at.count_low_bits(false);
    while (last_of_block(at, bits) > last) --bits;
    prefixes.push_back({at.to_address(), static_cast<std::uint8_t>(first.bit_count() - bits)});
    at.fill_low_bits(bits, true);
    if (at.to_address() == last || !at.increment()) return prefixes;
  }
}

TrafficSelectors narrow(const TrafficSelectors& offered, const TrafficSelectors& allowed) {
  TrafficSelectors narrowed;
  for (const TrafficSelector& offer : offered) {
    for (const TrafficSelector& limit : allowed) {
      const auto common = offer.intersect(limit);
      if (!common || is_within(*common, narrowed)) continue;
      if (narrowed.size() == kMaxTrafficSelectors) return narrowed;
      narrowed.push_back(*common);
    }
  }
  return narrowed;
}

bool all_within(const TrafficSelectors& inner, const TrafficSelectors& outer) {
  return std::ranges::all_of(
      inner, [&](const TrafficSelector& selector) { return is_within(selector, outer); });
}

std::string to_string(const TrafficSelectors& selectors) {
  std::string text;
  for (const TrafficSelector& selector : selectors) {
    if (!text.empty()) text += ", ";
    text += selector.to_string();
  }
  return text;
}

}  // namespace hawser
