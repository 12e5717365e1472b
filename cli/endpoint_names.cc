// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_names.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr Duration kLookEvery = Seconds(1);

// Another address than the one that gives no answer, if there is one.
const IpAddress& choose(const std::vector<IpAddress>& found,
                        const std::optional<TransportAddress>& silent) {
  if (!silent) return found.front();
  const auto it = std::ranges::find(found, silent->address);
  return it == found.end() || std::next(it) == found.end() ? found.front() : *std::next(it);
}

}  // namespace

EndpointNames::EndpointNames(EventLoop& loop, TrafficOf traffic, Found found)
    : loop_(loop), traffic_(std::move(traffic)), found_(std::move(found)) {}

EndpointNames::~EndpointNames() { loop_.remove_timed(*this); }

Result<std::unique_ptr<EndpointNames>, std::string> EndpointNames::open(EventLoop& loop,
                                                                        TrafficOf traffic,
                                                                        Found found) {
  std::unique_ptr<EndpointNames> names(
      new EndpointNames(loop, std::move(traffic), std::move(found)));
  auto lookup =
      NameLookup::open(loop, [owner = names.get()](const std::string& key, Addresses addresses) {
        owner->take(key, addresses);
      });
  if (!lookup) return failure(lookup.error());
  names->lookup_ = std::move(*lookup);
  loop.add_timed(*names);
  return names;
}

std::string EndpointNames::key_of(const std::string& peer, const HostAndPort& name) {
  return peer + " " + name.host + " " + std::to_string(name.port);
}

void EndpointNames::set(const HostNames& names) {
  std::erase_if(entries_, [&](const auto& entry) {
    const auto it = names.find(entry.first);
    return it == names.end() ||
           key_of(entry.first, it->second) != key_of(entry.first, entry.second.name);
  });
  for (const auto& [peer, name] : names) entries_.try_emplace(peer, Entry{name, {}, {}, {}});
  next_look_ = {};
}

std::optional<TransportAddress> EndpointNames::address_of(const std::string& peer) const {
  const auto it = entries_.find(peer);
  return it == entries_.end() ? std::nullopt : it->second.address;
}

std::string EndpointNames::problem_of(const std::string& peer) const {
  const auto it = entries_.find(peer);
  return it == entries_.end() ? std::string() : it->second.problem;
}

std::optional<TimePoint> EndpointNames::next_timeout() const {
  if (entries_.empty()) return std::nullopt;
  return next_look_;
}

void EndpointNames::handle_timeout(TimePoint now) {
  next_look_ = now + kLookEvery;
  for (auto& [peer, entry] : entries_) {
    if (!entry.watch.wants_lookup(traffic_(peer), now)) continue;
    if (entry.address) {
      spdlog::info("peer {}: {} gives no answer, looking {} up again", peer,
                   entry.address->to_string(), entry.name.host);
    }
    lookup_->start(key_of(peer, entry.name), entry.name.host);
  }
}

void EndpointNames::take(const std::string& key, const Addresses& addresses) {
  const auto it = std::ranges::find_if(
      entries_, [&](const auto& entry) { return key_of(entry.first, entry.second.name) == key; });
  if (it == entries_.end()) return;  // a reload took it away
  auto& [peer, entry] = *it;
  if (!addresses) {
    if (entry.problem.empty()) {
      spdlog::warn("peer {}: {} cannot be looked up: {}; trying again", peer, entry.name.host,
                   addresses.error());
    }
    entry.problem = addresses.error();
    return entry.watch.lookup_failed(monotonic_now());
  }
  entry.problem.clear();
  entry.watch.lookup_succeeded(monotonic_now());
  const TransportAddress address{choose(*addresses, entry.address), entry.name.port};
  if (entry.address == address) return;
  entry.address = address;
  found_(peer, address);
}

}  // namespace hawser
