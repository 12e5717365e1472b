// SPDX-License-Identifier: Apache-2.0
#include "cli/lease_pool.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hex.h"

namespace hawser {
namespace {

constexpr std::string_view kHeader = "hawser-leases 1\n";
// Of one network: nobody has more peers.
constexpr std::size_t kTriesMax = 1 << 17;

IpAddress next_of(const IpAddress& address) {
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(address.octets(), octets.begin());
  for (std::size_t i = address.octets().size(); i-- > 0;) {
    if (++octets[i] != 0) break;
  }
  return address.is_v4() ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
}

// "ADDRESS TYPE HEX".
struct LeaseLine {
  IpAddress address;
  std::uint8_t type = 0;
  std::vector<std::uint8_t> data;

  static std::optional<LeaseLine> parse(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    if (first == line.npos || second == line.npos) return std::nullopt;
    const auto address = IpAddress::parse(line.substr(0, first));
    LeaseLine result;
    const char* end = line.data() + second;
    const auto type = std::from_chars(line.data() + first + 1, end, result.type);
    auto data = parse_hex(line.substr(second + 1));
    if (!address || type.ec != std::errc() || type.ptr != end || !data) return std::nullopt;
    result.address = *address;
    result.data = std::move(*data);
    return result;
  }
};

}  // namespace

LeasePool::Name LeasePool::name_of(const IkeIdentity& identity) {
  return {identity.type, identity.data};
}

void LeasePool::set_networks(const std::vector<IpPrefix>& networks,
                             const std::vector<IpPrefix>& ours) {
  networks_ = networks;
  reserved_.clear();
  for (const IpPrefix& prefix : ours) reserved_.insert(prefix.address);
}

// Not the network's own address, nor the first one, which is the gateway's by custom, nor IPv4's
// broadcast address.
bool LeasePool::is_ours_to_give(const IpAddress& address) const {
  if (reserved_.contains(address)) return false;
  return std::ranges::any_of(networks_, [&](const IpPrefix& network) {
    if (!network.contains(address)) return false;
    if (address.bit_count() - network.length < 2) return true;
    const IpAddress first = network.network().address;
    return address != first && address != next_of(first) &&
           (!address.is_v4() || network.contains(next_of(address)));
  });
}

bool LeasePool::load(std::string_view text) {
  if (!text.starts_with(kHeader)) return false;
  text.remove_prefix(kHeader.size());
  Leases leases;
  std::set<IpAddress> taken;
  while (!text.empty()) {
    const std::size_t size = text.find('\n');
    if (size == text.npos) return false;
    auto line = LeaseLine::parse(text.substr(0, size));
    text.remove_prefix(size + 1);
    if (!line || !taken.insert(line->address).second) return false;
    const IpFamily family = line->address.family();
    leases[{{line->type, std::move(line->data)}, family}] = {line->address, false, 0};
  }
  leases_ = std::move(leases);
  taken_ = std::move(taken);
  return true;
}

std::string LeasePool::to_text() const {
  std::string text(kHeader);
  for (const auto& [key, lease] : leases_) {
    text += lease.address.to_string() + " " + std::to_string(key.first.first) + " " +
            to_hex(key.first.second) + "\n";
  }
  return text;
}

std::optional<IpAddress> LeasePool::lease(const IkeIdentity& identity, IpFamily family) {
  const std::pair key{name_of(identity), family};
  const auto known = leases_.find(key);
  if (known != leases_.end() && is_ours_to_give(known->second.address)) {
    known->second.in_use = true;
    known->second.last_used = ++uses_;
    return known->second.address;
  }
  if (known != leases_.end()) {  // the pool is another one now
    taken_.erase(known->second.address);
    leases_.erase(known);
  }
  auto address = find_free(family);
  if (!address) address = take_unused(family);
  if (!address) return std::nullopt;
  leases_[key] = {*address, true, ++uses_};
  taken_.insert(*address);
  changed_ = true;
  return address;
}

std::optional<IpAddress> LeasePool::find_free(IpFamily family) const {
  for (const IpPrefix& network : networks_) {
    if (network.address.family() != family) continue;
    IpAddress address = network.network().address;
    for (std::size_t i = 0; i < kTriesMax && network.contains(address); ++i) {
      if (!taken_.contains(address) && is_ours_to_give(address)) return address;
      address = next_of(address);
      if (address.is_unspecified()) break;  // gone round
    }
  }
  return std::nullopt;
}

std::optional<IpAddress> LeasePool::take_unused(IpFamily family) {
  auto oldest = leases_.end();
  for (auto it = leases_.begin(); it != leases_.end(); ++it) {
    const auto& [key, lease] = *it;
    if (key.second != family || lease.in_use || !is_ours_to_give(lease.address)) continue;
    if (oldest == leases_.end() || lease.last_used < oldest->second.last_used) oldest = it;
  }
  if (oldest == leases_.end()) return std::nullopt;
  const IpAddress address = oldest->second.address;
  leases_.erase(oldest);
  return address;
}

void LeasePool::release(const IkeIdentity& identity) {
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    const auto known = leases_.find({name_of(identity), family});
    if (known != leases_.end()) known->second.in_use = false;
  }
}

}  // namespace hawser
