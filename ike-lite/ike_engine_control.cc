// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ike-lite/address_offer.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_engine_impl.h"

// What the owner of an engine asks of it, and what it tells it about packets.

namespace hawser {

void IkeEngine::Impl::proceed(Entry& entry, TimePoint now) {
  entry.sa->handle_timeout(now);
  settle(entry, now);
}

IkeEngine::Impl::Entry* IkeEngine::Impl::find_by_child(Spi spi_in) {
  // Once in the life of a child: no table is kept for it.
  for (const auto& [peer, record] : records) {
    for (const IkeSpi spi : record.sas) {
      Entry* entry = table.find(spi);
      if (entry != nullptr && find_child_by_spi_in(*entry->sa, spi_in) != nullptr) return entry;
    }
  }
  return nullptr;
}

void IkeEngine::handle_peer_heard(PeerId peer, TimePoint when) {
  PeerRecord* record = impl_->record_of(peer);
  if (record == nullptr) return;
  for (const IkeSpi spi : record->sas) {
    if (Impl::Entry* entry = impl_->table.find(spi)) entry->sa->note_heard(when);
  }
}

void IkeEngine::handle_peer_moved(PeerId peer, const AddressPair& path, TimePoint now) {
  Impl::Entry* entry = impl_->live_sa(peer);
  if (entry == nullptr) return;
  IkeSaFacts& facts = entry->sa->facts();
  // RFC 7296 section 2.23: only who is not behind a NAT follows; RFC 4555 section 3.8 allows it for
  // ESP.
  if (facts.we_are_behind_nat && !facts.peer_behind_nat) return;
  facts.path.remote = path.remote;
  if (!facts.may_update_addresses) facts.path.local = path.local;
  impl_->proceed(*entry, now);
}

void IkeEngine::use_path(PeerId peer, const AddressPair& path, TimePoint now) {
  Impl::Entry* entry = impl_->live_sa(peer);
  if (entry == nullptr || entry->sa->facts().path == path) return;
  entry->sa->facts().path = path;
  // What is outstanding went where nothing comes through.
  entry->sa->hurry(now);
  impl_->settle(*entry, now);
}

void IkeEngine::offer_addresses(PeerId peer, const std::vector<IpAddress>& addresses,
                                TimePoint now) {
  Impl::Entry* entry = impl_->live_sa(peer);
  if (entry == nullptr || entry->sa->facts().offered == addresses) return;
  entry->sa->facts().offered = addresses;
  entry->sa->facts().offer_due = true;
  request_address_offer(*entry->sa, now);
  impl_->settle(*entry, now);
}

void IkeEngine::handle_child_expiring(Spi spi_in, TimePoint now) {
  Impl::Entry* entry = impl_->find_by_child(spi_in);
  if (entry == nullptr || entry->retire_at) return;
  request_child_rekey(*entry->sa, find_child_by_spi_in(*entry->sa, spi_in)->id, now);
  impl_->proceed(*entry, now);
}

void IkeEngine::handle_child_expired(Spi spi_in, TimePoint now) {
  Impl::Entry* entry = impl_->find_by_child(spi_in);
  if (entry == nullptr) return;
  drop_child(*entry->sa, find_child_by_spi_in(*entry->sa, spi_in)->id, now);
  impl_->proceed(*entry, now);
}

void IkeEngine::handle_link_change(TimePoint now) {
  for (const IkeSpi spi : impl_->table.all()) {
    Impl::Entry* entry = impl_->table.find(spi);
    if (entry == nullptr) continue;
    request_address_update(*entry->sa, now);
    entry->sa->hurry(now);
    impl_->settle(*entry, now);
  }
  // Who was waiting for its next attempt need not wait for a link any more.
  std::vector<PeerId> waiting;
  for (const auto& [when, peer] : impl_->attempts) waiting.push_back(peer);
  for (const PeerId peer : waiting) {
    impl_->records[peer].failures = 0;
    impl_->start_attempt(peer, now);
  }
}

bool IkeEngine::initiate(PeerId peer, TimePoint now) {
  PeerRecord* record = impl_->record_of(peer);
  const IkePeerConfig* config = impl_->environment.peers.find(peer);
  if (record == nullptr || config == nullptr || !config->endpoint) return false;
  record->is_wanted = true;
  if (!record->attempt && impl_->live_sa(peer) == nullptr) impl_->start_attempt(peer, now);
  return true;
}

bool IkeEngine::rekey_child(PeerId peer, TimePoint now) {
  Impl::Entry* entry = impl_->live_sa(peer);
  if (entry == nullptr) return false;
  const std::vector<ChildSa>& children = entry->sa->children();
  const auto sending = std::ranges::find_if(
      children, [](const ChildSa& child) { return child.state == ChildSa::State::kSending; });
  if (sending != children.end()) {
    request_child_rekey(*entry->sa, sending->id, now);
  } else {
    request_child(*entry->sa, now);
  }
  impl_->proceed(*entry, now);
  return true;
}

bool IkeEngine::rekey_ike(PeerId peer, TimePoint now) {
  Impl::Entry* entry = impl_->live_sa(peer);
  if (entry == nullptr) return false;
  request_ike_rekey(*entry->sa, now);
  impl_->proceed(*entry, now);
  return true;
}

bool IkeEngine::terminate(PeerId peer, TimePoint now) {
  PeerRecord* record = impl_->record_of(peer);
  if (record == nullptr) return false;
  const bool is_idle = record->sas.empty() && !record->attempt && !record->retry_at;
  record->is_wanted = false;
  impl_->clear_attempt(peer);
  if (Impl::Entry* attempt = record->attempt ? impl_->table.find(*record->attempt) : nullptr) {
    record->attempt.reset();
    impl_->kill(*attempt, {}, now);
  }
  for (const IkeSpi spi : std::vector<IkeSpi>(record->sas)) {
    Impl::Entry* entry = impl_->table.find(spi);
    if (entry == nullptr || entry->sa->state() == IkeSa::State::kDeleting) continue;
    request_ike_delete(*entry->sa, "ended on request", now);
    impl_->proceed(*entry, now);
  }
  return !is_idle;
}

}  // namespace hawser
