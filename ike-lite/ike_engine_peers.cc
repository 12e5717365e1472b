// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "ike-lite/duplicate_ike_sas.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_engine_impl.h"
#include "ike-lite/ike_sa_init.h"

namespace hawser {
namespace {

constexpr Duration kFirstRetry = Seconds(1);
constexpr Duration kLastRetry = Seconds(60);
// A request that was sent again so often is about 11 seconds old. RFC 7296 section 2.4 lets us try
// another IKE SA then; the old one is given up much later.
constexpr unsigned kDoubtAfter = 5;
// A duplicate is deleted by its initiator when what was on its way has arrived; the other end only
// helps if that fails.
constexpr Duration kDrainTime = Seconds(2);
constexpr Duration kDrainTimeOfOthers = Seconds(20);

Duration retry_delay(unsigned failures) {
  Duration delay = kFirstRetry;
  for (unsigned i = 0; i < failures && delay < kLastRetry; ++i) delay *= 2;
  return std::min(delay, kLastRetry);
}

bool is_gone(IkeSa::State state) {
  return state == IkeSa::State::kClosed || state == IkeSa::State::kDead;
}
bool was_secure(IkeSa::State state) {
  return state == IkeSa::State::kEstablished || state == IkeSa::State::kReplaced ||
         state == IkeSa::State::kDeleting;
}

// Of an IKE SA that goes as soon as it is there. Whoever sends on a child has given its keys away,
// and there would be no way back to those of the IKE SA that stays.
void unsay_sending(std::deque<IkeEvent>& events, const IkeSa& sa) {
  std::erase_if(events, [&sa](const IkeEvent& event) {
    const auto* sending = std::get_if<ChildSending>(&event);
    return sending != nullptr && sending->peer == sa.peer_id() &&
           std::ranges::find(sa.children(), sending->child, &ChildSa::id) != sa.children().end();
  });
}

}  // namespace

PeerRecord* IkeEngine::Impl::record_of(PeerId peer) {
  const auto found = records.find(peer);
  return found == records.end() ? nullptr : &found->second;
}

IkeEngine::Impl::Entry* IkeEngine::Impl::live_sa(PeerId peer) {
  PeerRecord* record = record_of(peer);
  if (record == nullptr) return nullptr;
  for (const IkeSpi spi : record->sas) {
    Entry* entry = table.find(spi);
    if (entry != nullptr && !entry->retire_at && entry->sa->state() == IkeSa::State::kEstablished) {
      return entry;
    }
  }
  return nullptr;
}

bool IkeEngine::Impl::has_any_sa(const PeerRecord& record) {
  return std::ranges::any_of(record.sas, [this](IkeSpi spi) {
    const Entry* entry = table.find(spi);
    return entry != nullptr && was_secure(entry->sa->state());
  });
}

IkeSpi IkeEngine::Impl::start_attempt(PeerId peer, TimePoint now) {
  clear_attempt(peer);
  const IkePeerConfig& config = *environment.peers.find(peer);
  PeerRecord& record = *record_of(peer);
  auto sa = std::make_unique<IkeSa>(
      IkeSa::Options{.environment = &environment,
                     .peer = &config,
                     .we_initiated = true,
                     .spis = {.initiator = environment.make_ike_spi(), .responder = IkeSpi(0)}},
      IkeSa::State::kInitSent, now);
  sa->facts().path.remote = *config.endpoint;
  if (config.endpoint->port == kIkePort) sa->facts().path.local.port = kIkePort;
  record.attempt_replaces = live_sa(peer) != nullptr;
  // RFC 7296 section 2.4: said where we know of no other IKE SA with this peer that works.
  sa->handshake()->initial_contact = record.attempt_replaces || !has_any_sa(record);
  const IkeSpi spi = sa->local_spi();
  record.attempt = spi;
  Entry& entry = table.add(std::move(sa));
  entry.seen = IkeSa::State::kInitSent;
  begin_ike_sa_init(*entry.sa, now);
  settle(entry, now);
  return spi;
}

void IkeEngine::Impl::clear_attempt(PeerId peer) {
  PeerRecord* record = record_of(peer);
  if (record == nullptr || !record->retry_at) return;
  attempts.erase({*record->retry_at, peer});
  record->retry_at.reset();
}

void IkeEngine::Impl::doubt(Entry& entry, TimePoint now) {
  IkeSa& sa = *entry.sa;
  PeerRecord* record = record_of(sa.peer_id());
  if (record == nullptr || entry.retire_at || sa.state() != IkeSa::State::kEstablished) return;
  // Time and authentic answers bring it about, and nothing that anybody could send.
  const Entry::Outstanding outstanding{!sa.requests().is_idle(), sa.requests().retransmits()};
  if (std::exchange(entry.outstanding, outstanding) == outstanding) return;
  if (!outstanding.is_any) {
    // It lives: what was begun in its place and is not known to the peer need not be.
    Entry* attempt = record->attempt ? table.find(*record->attempt) : nullptr;
    if (attempt == nullptr || !record->attempt_replaces) return;
    if (attempt->sa->state() == IkeSa::State::kInitSent) kill(*attempt, {}, now);
    return;
  }
  if (outstanding.retransmits < kDoubtAfter) return;
  if (!record->is_wanted || record->attempt || !sa.peer()->endpoint) return;
  start_attempt(sa.peer_id(), now);
}

// RFC 7296 says nothing of it: who waits for a peer asks again and again, but seldom.
void IkeEngine::Impl::schedule_attempt(PeerId peer, TimePoint now) {
  PeerRecord* record = record_of(peer);
  const IkePeerConfig* config = environment.peers.find(peer);
  if (record == nullptr || config == nullptr || !config->endpoint) return;
  if (!record->is_wanted || record->attempt || record->retry_at || live_sa(peer) != nullptr) return;
  record->retry_at = now + environment.with_jitter(retry_delay(record->failures));
  attempts.emplace(*record->retry_at, peer);
}

void IkeEngine::Impl::run_attempts(TimePoint now) {
  while (!attempts.empty() && attempts.begin()->first <= now) {
    const PeerId peer = attempts.begin()->second;
    clear_attempt(peer);
    if (live_sa(peer) == nullptr) start_attempt(peer, now);
  }
}

void IkeEngine::Impl::follow_state(Entry& entry, TimePoint now) {
  const IkeSa::State before = std::exchange(entry.seen, entry.sa->state());
  if (entry.seen == before) return;
  if (entry.seen == IkeSa::State::kEstablished) handle_established(entry, now);
  if (is_gone(entry.seen) || entry.seen == IkeSa::State::kDeleting) handle_gone(entry, now);
}

void IkeEngine::Impl::handle_established(Entry& entry, TimePoint now) {
  const PeerId peer = entry.sa->peer_id();
  PeerRecord* record = record_of(peer);
  if (record == nullptr) return;
  const IkeSpi spi = entry.sa->local_spi();
  record->sas.push_back(spi);
  record->was_established = true;
  record->failures = 0;
  clear_attempt(peer);
  const std::optional<IkeSpi> attempt = record->attempt;
  const bool replaces = attempt == spi && record->attempt_replaces;
  if (attempt == spi) {
    record->attempt.reset();
  } else if (Entry* ours = attempt ? table.find(*attempt) : nullptr) {
    // The peer was faster; what it does not know yet need not be.
    if (ours->sa->state() == IkeSa::State::kInitSent) kill(*ours, {}, now);
  }
  settle_duplicates({.entry = entry, .replaces = replaces}, now);
}

void IkeEngine::Impl::settle_duplicates(Newcomer newcomer, TimePoint now) {
  Entry& entry = newcomer.entry;
  const bool peer_began_anew =
      entry.sa->facts().initial_contact && !entry.sa->facts().may_update_addresses;
  const std::vector<IkeSpi> others = record_of(entry.sa->peer_id())->sas;
  for (const IkeSpi spi : others) {
    Entry* other = table.find(spi);
    if (other == nullptr || other == &entry || !was_secure(other->sa->state())) continue;
    // RFC 7296 section 2.4. What was agreed after this one was begun is none of those that the
    // peer forgot, or that we gave up.
    if ((peer_began_anew || newcomer.replaces) &&
        other->sa->facts().first_established < entry.sa->created()) {
      kill(*other, peer_began_anew ? "the peer began anew" : "the peer did not answer any more",
           now);
      continue;
    }
    if (other->retire_at || other->sa->state() != IkeSa::State::kEstablished) continue;
    if (&survivor_of(*other->sa, *entry.sa) == entry.sa.get()) {
      retire(*other, now);
      settle(*other, now);
    } else {
      retire(entry, now);
      unsay_sending(events, *entry.sa);
      events.push_back(
          PeerPathChanged{.peer = other->sa->peer_id(), .path = other->sa->facts().path});
      for (const ChildSa& child : other->sa->children()) {
        if (child.state != ChildSa::State::kSending) continue;
        events.push_back(ChildSending{.peer = other->sa->peer_id(), .child = child.id});
      }
    }
  }
}

void IkeEngine::Impl::retire(Entry& entry, TimePoint now) {
  IkeSa& sa = *entry.sa;
  entry.retire_at = now + (sa.facts().may_update_addresses ? kDrainTime : kDrainTimeOfOthers);
  sa.timers().clear(IkeTimer::kIkeRekey);
  sa.timers().clear(IkeTimer::kChildren);
  for (ChildSa& child : sa.children()) {
    if (child.state != ChildSa::State::kSending) continue;
    child.state = ChildSa::State::kDraining;
    sa.emit(ChildDraining{.peer = sa.peer_id(), .child = child.id});
  }
}

void IkeEngine::Impl::handle_gone(Entry& entry, TimePoint now) {
  IkeSa& sa = *entry.sa;
  const PeerId peer = sa.peer_id();
  PeerRecord* record = record_of(peer);
  if (record == nullptr) return;
  if (record->attempt == sa.local_spi()) {
    record->attempt.reset();
    if (!record->attempt_replaces) ++record->failures;
    if (!sa.reason().empty()) say_trouble(peer, sa.reason(), now);
  }
  if (is_gone(sa.state())) {
    std::erase(record->sas, sa.local_spi());
    // What it has still to say of its children comes first.
    take_events(entry, now);
    if (record->was_established && !has_any_sa(*record)) {
      record->was_established = false;
      if (!sa.facts().given.empty()) {
        environment.pool->release(sa.facts().remote_identity);
        events.push_back(PeerAddressReturned{.peer = peer, .addresses = sa.facts().given});
      }
      std::string reason = sa.reason().empty() ? "the IKE SA was deleted" : sa.reason();
      record->last_error = reason;
      events.push_back(PeerLost{.peer = peer, .reason = std::move(reason)});
    }
  }
  schedule_attempt(peer, now);
}

void IkeEngine::Impl::kill(Entry& entry, std::string reason, TimePoint now) {
  entry.sa->set_state(IkeSa::State::kDead, std::move(reason));
  settle(entry, now);
}

void IkeEngine::Impl::leave(PeerId peer, std::string reason, TimePoint now) {
  PeerRecord* record = record_of(peer);
  if (record == nullptr) return;
  record->is_wanted = false;
  clear_attempt(peer);
  std::vector<IkeSpi> spis = record->sas;
  if (record->attempt) spis.push_back(*record->attempt);
  for (const IkeSpi spi : spis) {
    Entry* entry = table.find(spi);
    if (entry == nullptr) continue;
    if (was_secure(entry->sa->state()) && entry->sa->state() != IkeSa::State::kDeleting) {
      entry->sa->drop_exchanges();
      request_ike_delete(*entry->sa, reason, now);
      entry->sa->handle_timeout(now);
      settle(*entry, now);
      entry = table.find(spi);
    }
    if (entry != nullptr) kill(*entry, reason, now);
  }
}

void IkeEngine::Impl::forget(const std::set<PeerId>& peers, TimePoint now) {
  if (peers.empty()) return;
  for (const PeerId peer : peers) leave(peer, "the config changed", now);
  // What lingers knows its peer, too.
  for (const IkeSpi spi : table.all()) {
    Entry* entry = table.find(spi);
    if (entry != nullptr && entry->sa->peer() != nullptr && peers.contains(entry->sa->peer_id())) {
      kill(*entry, {}, now);
    }
  }
  for (const PeerId peer : peers) {
    records.erase(peer);
    environment.peers.remove(peer);
  }
}

}  // namespace hawser
