// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_negotiation.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/create_child_sa.h"
#include "ike-lite/group_negotiation.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/rekey_collision.h"
#include "ike-lite/rekey_ike_sa.h"

namespace hawser {
namespace {

// A peer that makes more children than this has lost its way.
constexpr std::size_t kMaxChildren = 16;

IkePayloads refuse(NotifyType type) {
  IkePayloads answer;
  answer.add_notify(type);
  return answer;
}

IkePayloads child_not_found(const NotifyPayload& rekey) {
  // RFC 7296 section 2.25: the SPI is the one of the REKEY_SA notify.
  IkePayloads answer = refuse(NotifyType::kChildSaNotFound);
  answer.notifies.back().protocol = rekey.protocol;
  answer.notifies.back().spi = rekey.spi;
  return answer;
}

ExchangeKind outstanding(IkeSa& sa) {
  return sa.current_exchange() == nullptr ? ExchangeKind::kOther : sa.current_exchange()->kind();
}

// The child that a REKEY_SA notify names by the peer's inbound SPI; one that is deleted but still
// drains is none.
ChildSa* find_rekeyed(IkeSa& sa, const NotifyPayload& rekey) {
  if (rekey.protocol != SecurityProtocol::kEsp || rekey.spi.size() != 4) return nullptr;
  ChildSa* child = find_child_by_spi_out(sa, Spi(load_be32(rekey.spi.data())));
  return child != nullptr && child->remove_at == TimePoint::max() ? child : nullptr;
}

IkePayloads answer_child(IkeSa& sa, const IkePayloads& request, const ChildSa* rekeyed,
                         TimePoint now) {
  if (sa.children().size() >= kMaxChildren) return refuse(NotifyType::kNoAdditionalSas);
  ChildSuitePolicy policy = child_suite_policy(sa, ChildExchangeRole::kResponder);
  put_guess_first(policy.groups, request);
  Result<ChildChoice, ChildRefusal> choice = ChildChoice::make(sa, request, policy);
  if (!choice) {
    sa.say_trouble(choice.error().what);
    return refuse(choice.error().notify);
  }
  IkePayloads answer;
  Secret shared;
  if (const std::optional<KeyExchangeGroup> group = choice->suite().group) {
    if (!is_guess_right(request, *group)) return demand_group(*group);
    auto ours = KeyExchange::generate(*group, *sa.environment().random);
    if (!ours) return refuse(NotifyType::kNoProposalChosen);
    Result<Secret, KeyExchangeError> secret = (*ours)->shared_secret(request.key_exchange->data);
    if (!secret) {
      sa.say_trouble("the peer's key exchange for a child SA is invalid");
      return refuse(NotifyType::kNoProposalChosen);
    }
    shared = std::move(*secret);
    answer.key_exchange = key_exchange_payload(**ours);
  }
  const ChildId old = rekeyed == nullptr ? ChildId() : rekeyed->id;
  answer.nonce = sa.environment().make_nonce();
  const ChildKeySource source{.nonces = {.initiator = *request.nonce, .responder = *answer.nonce},
                              .shared = &shared};
  const ChildId made = choice->install(sa, source, answer, now);
  ChildSa& child = *find_child(sa, made);
  child.replaces = old;
  const ByteSpan lowest = lower_nonce(*request.nonce, *answer.nonce);
  child.lowest_nonce.assign(lowest.begin(), lowest.end());
  if (old != ChildId()) ++sa.facts().child_rekeys;
  conclude_peer_child(sa, made, now);
  return answer;
}

}  // namespace

IkePayloads answer_create_child_sa(IkeSa& sa, const IkeRequest& request, TimePoint now) {
  const IkePayloads& payloads = *request.payloads;
  confirm_children(sa, now);
  if (!payloads.sa || payloads.sa->proposals.empty() || !payloads.nonce) {
    return refuse(NotifyType::kInvalidSyntax);
  }
  const NotifyPayload* rekey = payloads.find(NotifyType::kRekeySa);
  const ChildSa* rekeyed = rekey == nullptr ? nullptr : find_rekeyed(sa, *rekey);
  const bool is_ike = payloads.sa->proposals.front().protocol == SecurityProtocol::kIke;
  const ChildRequest kind = is_ike             ? ChildRequest::kRekeyIke
                            : rekey != nullptr ? ChildRequest::kRekeyChild
                                               : ChildRequest::kNewChild;
  switch (judge_request(
      kind, {.is_ike_sa_ending = sa.state() != IkeSa::State::kEstablished,
             .outstanding = outstanding(sa),
             .is_child_known = rekeyed != nullptr,
             .is_child_being_deleted = rekeyed != nullptr && rekeyed->is_being_deleted})) {
    case RequestVerdict::kTemporaryFailure:
      return refuse(NotifyType::kTemporaryFailure);
    case RequestVerdict::kChildSaNotFound:
      return child_not_found(*rekey);
    case RequestVerdict::kProceed:
      break;
  }
  return is_ike ? answer_ike_rekey(sa, payloads, now) : answer_child(sa, payloads, rekeyed, now);
}

}  // namespace hawser
