// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_sa_table.h"

#include <algorithm>

#include "base/deadline.h"

namespace hawser {

IkeSaTable::Entry& IkeSaTable::add(std::unique_ptr<IkeSa> sa) {
  const IkeSpi spi = sa->local_spi();
  auto entry = std::make_unique<Entry>();
  entry->sa = std::move(sa);
  Entry& added = *entry;
  entries_[spi] = std::move(entry);
  update(added);
  return added;
}

void IkeSaTable::erase(IkeSpi local_spi) {
  const auto found = entries_.find(local_spi);
  if (found == entries_.end()) return;
  set_timer(*found->second, std::nullopt);
  forget_half_open(*found->second);
  entries_.erase(found);
}

IkeSaTable::Entry* IkeSaTable::find(IkeSpi local_spi) {
  const auto found = entries_.find(local_spi);
  return found == entries_.end() ? nullptr : found->second.get();
}

const IkeSaTable::Entry* IkeSaTable::find(IkeSpi local_spi) const {
  const auto found = entries_.find(local_spi);
  return found == entries_.end() ? nullptr : found->second.get();
}

IkeSaTable::Entry* IkeSaTable::find_half_open(IkeSpi spi_initiator, ByteSpan init_request) {
  const auto [first, last] = half_open_.equal_range(spi_initiator);
  for (auto it = first; it != last; ++it) {
    Entry* entry = find(it->second);
    const IkeHandshake* handshake = entry == nullptr ? nullptr : entry->sa->handshake();
    if (handshake != nullptr && std::ranges::equal(handshake->init_request, init_request)) {
      return entry;
    }
  }
  return nullptr;
}

void IkeSaTable::update(Entry& entry) {
  const IkeSa::State state = entry.sa->state();
  if (state == IkeSa::State::kHalfOpen && !entry.is_half_open_) {
    half_open_.emplace(entry.sa->spis().initiator, entry.sa->local_spi());
    entry.is_half_open_ = true;
  } else if (state != IkeSa::State::kHalfOpen && state != IkeSa::State::kClosed) {
    // One whose proof failed lingers, and counts as long: else who fails fast had no bound.
    forget_half_open(entry);
  }
  std::optional<TimePoint> when = entry.sa->next_timeout();
  if (entry.retire_at != TimePoint::max()) keep_earlier(when, entry.retire_at);
  set_timer(entry, when);
}

void IkeSaTable::forget_half_open(Entry& entry) {
  if (!entry.is_half_open_) return;
  entry.is_half_open_ = false;
  const auto [first, last] = half_open_.equal_range(entry.sa->spis().initiator);
  const auto found = std::find_if(
      first, last, [&](const auto& item) { return item.second == entry.sa->local_spi(); });
  if (found != last) half_open_.erase(found);
}

void IkeSaTable::set_timer(Entry& entry, std::optional<TimePoint> when) {
  if (entry.timer_ == when) return;
  const IkeSpi spi = entry.sa->local_spi();
  if (entry.timer_) timers_.erase({*entry.timer_, spi});
  entry.timer_ = when;
  if (when) timers_.emplace(*when, spi);
}

std::optional<TimePoint> IkeSaTable::next_timeout() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

std::vector<IkeSpi> IkeSaTable::due(TimePoint now) const {
  std::vector<IkeSpi> spis;
  for (const auto& [when, spi] : timers_) {
    if (when > now) break;
    spis.push_back(spi);
  }
  return spis;
}

std::vector<IkeSpi> IkeSaTable::all() const {
  std::vector<IkeSpi> spis;
  for (const auto& [spi, entry] : entries_) spis.push_back(spi);
  // In an order that repeats, whatever the table's.
  std::ranges::sort(spis);
  return spis;
}

}  // namespace hawser
