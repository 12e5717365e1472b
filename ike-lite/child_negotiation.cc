// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/child_negotiation.h"

#include <algorithm>

#include "ike-lite/child_sa_set.h"
#include "ike-lite/spi_octets.h"

namespace hawser {
namespace {

TrafficSelectors selectors_of(const std::vector<IpAddress>& addresses) {
  TrafficSelectors selectors;
  for (const IpAddress& address : addresses) {
    selectors.push_back(TrafficSelector::from_address(address));
  }
  return selectors;
}

TrafficSelectors everything() {
  TrafficSelectors selectors;
  for (const char* text : {"0.0.0.0/0", "::/0"}) {
    selectors.push_back(TrafficSelector::from_prefix(*IpPrefix::parse(text)));
  }
  return selectors;
}

ChildSaSet make_set(const IkePeerConfig& peer, unsigned per_slot, const std::vector<Spi>& spis) {
  return {.wanted = peer.child_sas,
          .slots = peer.path_slots,
          .per_slot = per_slot,
          .further = {spis.begin() + 1, spis.end()}};
}

// Both ends have several paths in mind.
bool wants_shim(const IkeSa& sa) {
  return !sa.peer()->interop && sa.peer()->path_slots > 1 &&
         sa.facts().peer_path_slots.value_or(0) > 1;
}

struct NewChild {
  bool we_created = false;  // began the exchange
  std::vector<Spi> spis_in;
  std::vector<Spi> spis_out;
  unsigned per_slot = 1;
  ChildSuite suite;
  TrafficSelectors local;
  TrafficSelectors remote;
};

ChildId add_child(IkeSa& sa, NewChild made, const ChildKeySource& source, TimePoint now) {
  const Secret no_secret;
  std::vector<ChildKeys> keys = derive_child_keys(
      sa.keys(), made.suite.encryption, source.shared == nullptr ? no_secret : *source.shared,
      source.nonces, static_cast<unsigned>(made.spis_in.size()));
  ChildInstalled event{.peer = sa.peer_id(),
                       .child = sa.environment().make_child_id(),
                       .per_slot = made.per_slot,
                       .shim = wants_shim(sa),
                       .esn = made.suite.esn,
                       .local = made.local,
                       .remote = made.remote};
  for (std::size_t k = 0; k < made.spis_in.size(); ++k) {
    SaKey& out = made.we_created ? keys[k].from_initiator : keys[k].from_responder;
    SaKey& in = made.we_created ? keys[k].from_responder : keys[k].from_initiator;
    event.sas.push_back({.spi_in = made.spis_in[k],
                         .spi_out = made.spis_out[k],
                         .key_in = std::move(in),
                         .key_out = std::move(out)});
  }
  ChildSa child{.id = event.child,
                .spis_in = std::move(made.spis_in),
                .spis_out = std::move(made.spis_out),
                .suite = made.suite,
                .local = std::move(made.local),
                .remote = std::move(made.remote),
                .we_created = made.we_created,
                .created = now};
  if (const Duration lifetime = sa.peer()->rekey_time; lifetime > Duration(0)) {
    child.rekey_at = now + sa.environment().with_jitter(lifetime);
    sa.timers().set(IkeTimer::kChildren,
                    std::min(sa.timers().get(IkeTimer::kChildren), child.rekey_at));
  }
  sa.children().push_back(std::move(child));
  const ChildId id = event.child;
  sa.emit(std::move(event));
  return id;
}

// The set that the peer sent; it must be a Hawser.
ChildSaSet take_set(IkeSa& sa, const IkePayloads& payloads) {
  const NotifyPayload* notify = payloads.find(NotifyType::kChildSaSet);
  if (!sa.facts().is_hawser || notify == nullptr) return {};
  std::optional<ChildSaSet> set = ChildSaSet::parse(notify->data);
  if (!set) return {};
  sa.facts().peer_child_sas = set->wanted;
  sa.facts().peer_path_slots = set->slots;
  return std::move(*set);
}

ChildRefusal refusal(NotifyType notify, std::string what) {
  return {.notify = notify, .what = std::move(what)};
}

}  // namespace

ChildSuitePolicy child_suite_policy(const IkeSa& sa, ChildExchangeRole role) {
  const IkePeerConfig& peer = *sa.peer();
  ChildSuitePolicy policy{.ciphers = peer.esp_ciphers, .prefer_esn = !peer.interop};
  if (role == ChildExchangeRole::kInAuth) return policy;
  // Who wants no PFS offers none, but does not refuse what the peer wants.
  if (peer.pfs || role == ChildExchangeRole::kResponder) policy.groups = peer.groups;
  policy.require_group = peer.pfs && !peer.interop;
  return policy;
}

ChildSetShape child_set_shape(const IkeSa& sa) {
  if (sa.peer()->interop) return {};
  constexpr unsigned kMaxPairs = ChildSaSet::kMaxPairs;
  const unsigned wanted = std::max(sa.peer()->child_sas, sa.facts().peer_child_sas);
  const unsigned per_slot = std::clamp(wanted, 1u, kMaxPairs);
  const unsigned ours = sa.peer()->path_slots;
  const unsigned slots = std::min(ours, sa.facts().peer_path_slots.value_or(ours));
  return {.per_slot = per_slot, .slots = std::clamp(slots, 1u, kMaxPairs / per_slot)};
}

TrafficSelectors allowed_local(const IkeSa& sa) {
  if (!sa.facts().assigned.empty()) return selectors_of(sa.facts().assigned);
  return sa.peer()->request_address ? everything() : sa.peer()->local;
}

TrafficSelectors allowed_remote(const IkeSa& sa) {
  TrafficSelectors selectors = selectors_of(sa.facts().given);
  selectors.insert(selectors.end(), sa.peer()->remote.begin(), sa.peer()->remote.end());
  return selectors;
}

std::optional<ChildOffer> ChildOffer::make(IkeSa& sa, Options options) {
  std::optional<ReservedSpis> spis =
      ReservedSpis::take(*sa.environment().spis, options.shape.size(), options.shape.per_slot);
  if (!spis) return std::nullopt;
  SaPayload proposals = offer(options.policy, octets_of(spis->get().front()));
  std::optional<ChildSaSet> set;
  if (!sa.peer()->interop) set = make_set(*sa.peer(), options.shape.per_slot, spis->get());
  return ChildOffer(std::move(options), std::move(*spis), std::move(proposals), std::move(set));
}

void ChildOffer::write(IkePayloads& request) const {
  request.sa = proposals_;
  request.ts_initiator = TrafficSelectorPayload{.selectors = options_.local};
  request.ts_responder = TrafficSelectorPayload{.selectors = options_.remote};
  if (set_) request.add_notify(NotifyType::kChildSaSet, set_->serialize());
}

Result<ChosenChildSuite, ChildRefusal> ChildOffer::check(const IkePayloads& answer) const {
  if (!answer.sa || !answer.ts_initiator || !answer.ts_responder) {
    return failure(refusal(NotifyType::kInvalidSyntax, "the peer's answer lacks a child SA"));
  }
  Result<ChosenChildSuite, std::string> chosen =
      accept_answer(proposals_, *answer.sa, options_.policy);
  if (!chosen) return failure(refusal(NotifyType::kNoProposalChosen, std::move(chosen.error())));
  // RFC 7296 section 2.9: the answer is a subset of what was offered, and not empty.
  const TrafficSelectors& local = answer.ts_initiator->selectors;
  const TrafficSelectors& remote = answer.ts_responder->selectors;
  if (answer.ts_initiator->unusable + answer.ts_responder->unusable != 0 || local.empty() ||
      remote.empty()) {
    return failure(refusal(NotifyType::kTsUnacceptable,
                           "the peer chose traffic selectors with ports or protocols"));
  }
  if (!all_within(local, options_.local) || !all_within(remote, options_.remote)) {
    return failure(refusal(NotifyType::kTsUnacceptable,
                           "the peer chose traffic selectors beyond what was offered: " +
                               to_string(local) + " and " + to_string(remote)));
  }
  return std::move(*chosen);
}

ChildId ChildOffer::install(IkeSa& sa, const IkePayloads& answer, const ChosenChildSuite& chosen,
                            const ChildKeySource& source, TimePoint now) {
  NewChild child{.we_created = true,
                 .spis_out = {chosen.peer_spi},
                 .suite = chosen.suite,
                 .local = answer.ts_initiator->selectors,
                 .remote = answer.ts_responder->selectors};
  const std::vector<Spi> further = take_set(sa, answer).further;
  child.per_slot = options_.shape.per_slot;
  std::size_t count = std::min(further.size() + 1, spis_.get().size());
  if (count < child.per_slot) child.per_slot = 1;
  count -= count % child.per_slot;
  child.spis_out.insert(child.spis_out.end(), further.begin(),
                        further.begin() + static_cast<std::ptrdiff_t>(count - 1));
  child.spis_in = spis_.keep(count);
  return add_child(sa, std::move(child), source, now);
}

Result<ChildChoice, ChildRefusal> ChildChoice::make(IkeSa& sa, const IkePayloads& request,
                                                    const ChildSuitePolicy& policy) {
  if (!request.sa || !request.ts_initiator || !request.ts_responder) {
    return failure(refusal(NotifyType::kInvalidSyntax, "the peer's request lacks a child SA"));
  }
  const TrafficSelectors local = narrow(request.ts_responder->selectors, allowed_local(sa));
  const TrafficSelectors remote = narrow(request.ts_initiator->selectors, allowed_remote(sa));
  if (local.empty() || remote.empty()) {
    return failure(refusal(NotifyType::kTsUnacceptable,
                           "the peer wants traffic selectors that are not allowed: " +
                               to_string(request.ts_initiator->selectors) + " at its end and " +
                               to_string(request.ts_responder->selectors) +
                               " at ours (allowed: " + to_string(allowed_remote(sa)) + " and " +
                               to_string(allowed_local(sa)) + ")"));
  }
  const ChildSaSet set = take_set(sa, request);
  std::optional<ReservedSpis> spis = ReservedSpis::take(
      *sa.environment().spis, static_cast<unsigned>(set.further.size() + 1), set.per_slot);
  if (!spis) {
    return failure(refusal(NotifyType::kNoAdditionalSas, "no SPI is free for another child SA"));
  }
  Result<ChosenChildSuite, std::string> chosen =
      choose(policy, *request.sa, octets_of(spis->get().front()));
  if (!chosen) return failure(refusal(NotifyType::kNoProposalChosen, std::move(chosen.error())));
  ChildChoice choice(std::move(*spis), std::move(*chosen));
  choice.spis_out_ = {choice.chosen_.peer_spi};
  choice.spis_out_.insert(choice.spis_out_.end(), set.further.begin(), set.further.end());
  choice.per_slot_ = set.per_slot;
  choice.local_ = local;
  choice.remote_ = remote;
  return choice;
}

ChildId ChildChoice::install(IkeSa& sa, const ChildKeySource& source, IkePayloads& answer,
                             TimePoint now) {
  answer.sa = chosen_.answer;
  answer.ts_initiator = TrafficSelectorPayload{.selectors = remote_};
  answer.ts_responder = TrafficSelectorPayload{.selectors = local_};
  if (sa.facts().is_hawser) {
    answer.add_notify(NotifyType::kChildSaSet,
                      make_set(*sa.peer(), per_slot_, spis_.get()).serialize());
  }
  NewChild child{.we_created = false,
                 .spis_in = spis_.keep(spis_.get().size()),
                 .spis_out = spis_out_,
                 .per_slot = per_slot_,
                 .suite = chosen_.suite,
                 .local = local_,
                 .remote = remote_};
  return add_child(sa, std::move(child), source, now);
}

}  // namespace hawser
