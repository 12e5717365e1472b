// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_engine.h"

#include "base/deadline.h"
#include "ike-lite/ike_config_change.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_engine_impl.h"

namespace hawser {

IkeEngine::Impl::Impl(const Options& given)
    : options(given),
      environment{.random = given.random,
                  .spis = given.spis,
                  .pool = given.pool,
                  .epoch_offset = given.epoch_offset},
      gate({.random = given.random,
            .max_half_open = given.max_half_open,
            .cookie_threshold = given.cookie_threshold,
            .rate = {.per_second = given.requests_per_second, .burst = given.request_burst}}) {}

IkeEngine::IkeEngine(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
IkeEngine::~IkeEngine() = default;

void IkeEngine::configure(IkeLocalConfig local, std::vector<IkePeerConfig> peers, TimePoint now) {
  PeerDirectory& directory = impl_->environment.peers;
  const bool keeps_all = keeps_ike_sas(impl_->environment.local, local);
  std::set<PeerId> named;
  for (const IkePeerConfig& peer : peers) named.insert(peer.id);
  std::set<PeerId> gone;
  for (const auto& [id, peer] : directory.all()) {
    if (!keeps_all || !named.contains(id)) gone.insert(id);
  }
  for (const IkePeerConfig& peer : peers) {
    const IkePeerConfig* before = directory.find(peer.id);
    if (keeps_all && before != nullptr && !keeps_ike_sas(*before, peer)) gone.insert(peer.id);
  }
  impl_->forget(gone, now);
  impl_->environment.local = std::move(local);
  const IkeLocalConfig& ours = impl_->environment.local;
  impl_->gate.set_quiet(ours.quiet && ours.raw_key ? std::optional(ours.raw_key->public_key())
                                                   : std::nullopt);
  for (IkePeerConfig& peer : peers) {
    const PeerId id = peer.id;
    const IkePeerConfig* before = directory.find(id);
    if (before != nullptr && !peer.endpoint) peer.endpoint = before->endpoint;
    impl_->records[id].is_wanted = peer.initiate;
    directory.put(std::move(peer));
  }
  directory.index();
  for (const PeerId id : named) {
    const IkePeerConfig& peer = *directory.find(id);
    const PeerRecord& record = impl_->records[id];
    if (!peer.initiate || !peer.endpoint || record.attempt || record.retry_at) continue;
    if (impl_->live_sa(id) == nullptr) impl_->start_attempt(id, now);
  }
}

void IkeEngine::set_endpoint(PeerId peer, const TransportAddress& endpoint, TimePoint now) {
  const IkePeerConfig* config = impl_->environment.peers.find(peer);
  if (config == nullptr || config->endpoint == endpoint) return;
  impl_->environment.peers.set_endpoint(peer, endpoint);
  PeerRecord& record = impl_->records[peer];
  if (record.attempt) {
    // It goes to where the peer is no longer.
    Impl::Entry* entry = impl_->table.find(*record.attempt);
    record.attempt.reset();
    if (entry != nullptr) impl_->kill(*entry, {}, now);
  }
  if (record.is_wanted && impl_->live_sa(peer) == nullptr) impl_->start_attempt(peer, now);
}

void IkeEngine::handle_message(const AddressPair& addresses, MutableByteSpan message,
                               TimePoint now) {
  impl_->handle_message(addresses, message, now);
}

void IkeEngine::handle_timeout(TimePoint now) {
  for (const IkeSpi spi : impl_->table.due(now)) {
    Impl::Entry* entry = impl_->table.find(spi);
    if (entry == nullptr) continue;
    if (entry->retire_at && *entry->retire_at <= now) {
      entry->retire_at = TimePoint::max();
      request_ike_delete(*entry->sa, "the other end began an IKE SA, too", now);
    }
    entry->outstanding.reset();
    entry->sa->handle_timeout(now);
    impl_->settle(*entry, now);
  }
  impl_->run_attempts(now);
}

std::optional<TimePoint> IkeEngine::next_timeout() const {
  std::optional<TimePoint> next = impl_->table.next_timeout();
  if (!impl_->attempts.empty()) keep_earlier(next, impl_->attempts.begin()->first);
  return next;
}

std::optional<IkeTransmit> IkeEngine::poll_transmit() {
  if (impl_->transmits.empty()) return std::nullopt;
  IkeTransmit transmit = std::move(impl_->transmits.front());
  impl_->transmits.pop_front();
  return transmit;
}

std::optional<IkeEvent> IkeEngine::poll_event() {
  if (impl_->events.empty()) return std::nullopt;
  IkeEvent event = std::move(impl_->events.front());
  impl_->events.pop_front();
  return event;
}

void IkeEngine::shut_down(TimePoint now) {
  for (const auto& [id, peer] : impl_->environment.peers.all()) {
    impl_->leave(id, "we end", now);
  }
}

}  // namespace hawser
