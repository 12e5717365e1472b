// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_engine_impl.h"

namespace hawser {
namespace {

std::optional<Duration> time_until(TimePoint when, TimePoint now) {
  if (when == TimePoint::max()) return std::nullopt;
  return std::max(Duration(0), when - now);
}

ChildStatus status_of(const ChildSa& child, TimePoint now) {
  return {.child = child.id,
          .spis_in = child.spis_in,
          .spis_out = child.spis_out,
          .suite = child.suite.to_string(),
          .local = child.local,
          .remote = child.remote,
          .age = now - child.created,
          .rekey_in = time_until(child.rekey_at, now),
          .sending = child.state == ChildSa::State::kSending};
}

void describe(const IkeSa& sa, TimePoint now, IkePeerStatus& status) {
  const IkeSaFacts& facts = sa.facts();
  status.we_initiated = facts.may_update_addresses;
  status.spi_initiator = sa.spis().initiator;
  status.spi_responder = sa.spis().responder;
  status.local_identity = facts.local_identity.to_string();
  status.remote_identity = facts.remote_identity.to_string();
  status.suite = facts.suite.to_string();
  status.path = facts.path;
  status.age = now - facts.first_established;
  status.rekey_in = time_until(sa.timers().get(IkeTimer::kIkeRekey), now);
  status.is_hawser = facts.is_hawser;
  status.post_quantum_key = facts.post_quantum_key;
  status.assigned = facts.assigned;
  status.ike_rekeys = facts.ike_rekeys;
  status.child_rekeys = facts.child_rekeys;
  for (const ChildSa& child : sa.children()) status.children.push_back(status_of(child, now));
}

}  // namespace

std::vector<IkePeerStatus> IkeEngine::status(TimePoint now) const {
  std::vector<IkePeerStatus> peers;
  for (const auto& [id, record] : impl_->records) {
    IkePeerStatus status{.peer = id, .last_error = record.last_error};
    const Impl::Entry* live = impl_->live_sa(id);
    if (live != nullptr) {
      status.state = "established";
      describe(*live->sa, now, status);
    } else {
      status.state = record.attempt ? "connecting" : record.retry_at ? "waiting" : "idle";
      const IkePeerConfig* config = impl_->environment.peers.find(id);
      if (config != nullptr) status.remote_identity = config->identity.to_string();
    }
    peers.push_back(std::move(status));
  }
  return peers;
}

IkeCounters IkeEngine::counters() const {
  IkeCounters counters = impl_->counters;
  counters.retransmitted = impl_->environment.retransmitted;
  counters.half_open = impl_->table.half_open();
  counters.ike_sas = impl_->table.size() - impl_->table.half_open();
  return counters;
}

}  // namespace hawser
