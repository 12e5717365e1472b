// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_negotiation.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/create_child_sa.h"
#include "ike-lite/delete_exchanges.h"
#include "ike-lite/group_negotiation.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/rekey_collision.h"
#include "ike-lite/spi_octets.h"

namespace hawser {
namespace {

// A refusal that only another config changes.
constexpr Duration kRefusedDelay = Seconds(60);
// RFC 7296 section 2.25: who is busy for several minutes has lost the state.
constexpr Duration kBusyPatience = Seconds(300);
// SPIs that the peer deleted while it was asked for others.
constexpr std::size_t kMaxDeleted = 64;

std::string sentence_about(const NotifyPayload& error) {
  switch (static_cast<NotifyType>(error.type)) {
    case NotifyType::kNoProposalChosen:
      return "the peer takes none of our esp-ciphers and groups for a child SA "
             "(NO_PROPOSAL_CHOSEN)";
    case NotifyType::kTsUnacceptable:
      return "the peer refuses our networks (TS_UNACCEPTABLE): compare allowed-ips and "
             "local-networks with its config";
    case NotifyType::kNoAdditionalSas:
      return "the peer allows no further child SA (NO_ADDITIONAL_SAS)";
    default:
      return "the peer refuses a child SA with error " + std::to_string(error.type);
  }
}

class CreateChild final : public IkeExchange {
 public:
  explicit CreateChild(CreateChildOptions options) : options_(options) {}

  ExchangeType type() const override { return ExchangeType::kCreateChildSa; }
  ExchangeKind kind() const override { return ExchangeKind::kChild; }
  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint now) override;
  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override;
  void note_unknown_delete(Spi peers_spi) override {
    if (deleted_.size() < kMaxDeleted) deleted_.push_back(peers_spi);
  }

 private:
  bool is_rekey() const { return options_.rekeyed != ChildId(); }
  bool is_needed(IkeSa& sa, TimePoint now);
  bool make_offer(IkeSa& sa);
  void handle_error(IkeSa& sa, const IkePayloads& response, TimePoint now);
  Result<Secret, ChildRefusal> agree(const ChildSuite& suite, const IkePayloads& response) const;
  void install(IkeSa& sa, const IkePayloads& response, const ChosenChildSuite& chosen,
               const Secret& shared, TimePoint now);
  void fail(IkeSa& sa, std::string what, Duration delay, TimePoint now);
  void try_later(IkeSa& sa, TimePoint when);

  CreateChildOptions options_;
  ChildSuitePolicy policy_;
  std::optional<ChildOffer> offer_;
  std::unique_ptr<KeyExchange> key_exchange_;
  std::vector<std::uint8_t> nonce_;
  std::vector<Spi> deleted_;
};

bool CreateChild::is_needed(IkeSa& sa, TimePoint now) {
  if (sa.state() != IkeSa::State::kEstablished) return false;
  if (!is_rekey()) return !has_live_child(sa);
  ChildSa* old = find_child(sa, options_.rekeyed);
  // The peer may have rekeyed or deleted it while this waited.
  if (old != nullptr && is_live(*old) && !is_replaced(sa, old->id)) return true;
  if (old != nullptr) {
    old->is_being_rekeyed = false;
    old->rekey_at = TimePoint::max();
  }
  ensure_child(sa, now);
  return false;
}

bool CreateChild::make_offer(IkeSa& sa) {
  policy_ = child_suite_policy(sa, ChildExchangeRole::kInitiator);
  const ChildSa* old = is_rekey() ? find_child(sa, options_.rekeyed) : nullptr;
  // RFC 7296 section 2.9.2: a rekey asks for what there is.
  offer_ = ChildOffer::make(sa, {.policy = policy_,
                                 .local = old != nullptr ? old->local : allowed_local(sa),
                                 .remote = old != nullptr ? old->remote : allowed_remote(sa),
                                 .shape = child_set_shape(sa)});
  if (!offer_) return false;
  if (policy_.groups.empty()) return true;
  const bool may_guess =
      old != nullptr && old->suite.group &&
      std::ranges::find(policy_.groups, *old->suite.group) != policy_.groups.end();
  const KeyExchangeGroup guess = may_guess ? *old->suite.group : policy_.groups.front();
  auto generated = KeyExchange::generate(options_.group.value_or(guess), *sa.environment().random);
  if (!generated) return false;
  key_exchange_ = std::move(*generated);
  return true;
}

std::optional<IkePayloads> CreateChild::begin(IkeSa& sa, TimePoint now) {
  if (!is_needed(sa, now)) return std::nullopt;
  if (!make_offer(sa)) {
    fail(sa, "no SPI is free for another child SA", kRefusedDelay, now);
    return std::nullopt;
  }
  IkePayloads request;
  if (is_rekey()) {
    // RFC 7296 section 1.3.3: the SPI that the sender of this receives on.
    const auto spi = octets_of(find_child(sa, options_.rekeyed)->spis_in.front());
    request.add_notify(NotifyType::kRekeySa);
    request.notifies.back().protocol = SecurityProtocol::kEsp;
    request.notifies.back().spi = {spi.begin(), spi.end()};
  }
  offer_->write(request);
  nonce_ = sa.environment().make_nonce();
  request.nonce = nonce_;
  if (key_exchange_ != nullptr) request.key_exchange = key_exchange_payload(*key_exchange_);
  return request;
}

void CreateChild::handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  if (response.find_error() != nullptr) {
    handle_error(sa, response, now);
    return;
  }
  sa.facts().busy_since.reset();
  Result<ChosenChildSuite, ChildRefusal> chosen = offer_->check(response);
  Result<Secret, ChildRefusal> shared =
      !chosen ? failure(chosen.error()) : agree(chosen->suite, response);
  if (!shared) {
    // The peer has a child now that we do not want.
    announce_removed_child(sa, offer_->spis());
    fail(sa, shared.error().what, kRefusedDelay, now);
    return;
  }
  install(sa, response, *chosen, *shared, now);
}

Result<Secret, ChildRefusal> CreateChild::agree(const ChildSuite& suite,
                                                const IkePayloads& response) const {
  const auto refusal = [](const char* what) {
    return failure(ChildRefusal{.notify = NotifyType::kInvalidSyntax, .what = what});
  };
  if (!response.nonce) return refusal("the peer's answer lacks a nonce");
  if (!suite.group) return Secret();
  if (key_exchange_ == nullptr || *suite.group != key_exchange_->group() ||
      !response.key_exchange || response.key_exchange->group != wire_id(*suite.group)) {
    return refusal("the peer's answer lacks the key exchange that it chose");
  }
  Result<Secret, KeyExchangeError> secret =
      key_exchange_->shared_secret(response.key_exchange->data);
  if (!secret) return refusal("the peer's key exchange for a child SA is invalid");
  return std::move(*secret);
}

void CreateChild::install(IkeSa& sa, const IkePayloads& response, const ChosenChildSuite& chosen,
                          const Secret& shared, TimePoint now) {
  const ChildKeySource source{.nonces = {.initiator = nonce_, .responder = *response.nonce},
                              .shared = &shared};
  const ChildId made = offer_->install(sa, response, chosen, source, now);
  ChildSa& child = *find_child(sa, made);
  child.replaces = options_.rekeyed;
  const ByteSpan lowest = lower_nonce(nonce_, *response.nonce);
  child.lowest_nonce.assign(lowest.begin(), lowest.end());
  if (is_rekey()) ++sa.facts().child_rekeys;
  if (ChildSa* old = find_child(sa, options_.rekeyed)) old->is_being_rekeyed = false;
  // The answer was lost and came later than the end of what it made.
  if (std::ranges::find(deleted_, chosen.peer_spi) != deleted_.end()) {
    begin_draining(sa, made, now);
    ensure_child(sa, now);
    return;
  }
  conclude_own_child(sa, made, now);
}

void CreateChild::handle_error(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  if (response.find(NotifyType::kTemporaryFailure) != nullptr) {
    if (bear_busy_peer(sa, now)) try_later(sa, now + busy_delay(sa, options_.attempt));
    return;
  }
  if (is_rekey() && response.find(NotifyType::kChildSaNotFound) != nullptr) {
    // The peer asked for it and waits for our answer still: it will know it soon.
    const ChildSa* old = find_child(sa, options_.rekeyed);
    if (old != nullptr && old->may_be_unknown) {
      try_later(sa, now + busy_delay(sa, options_.attempt));
      return;
    }
    // RFC 7296 section 2.25: silently, and a new one if there is none yet.
    remove_child(sa, options_.rekeyed);
    resume_sending(sa, now);
    set_children_timer(sa);
    ensure_child(sa, now);
    return;
  }
  if (const auto group = demanded_group(response, policy_.groups);
      group && options_.group_demands < kMaxGroupDemands) {
    sa.start_exchange(make_create_child({.rekeyed = options_.rekeyed,
                                         .attempt = options_.attempt,
                                         .group = group,
                                         .group_demands = options_.group_demands + 1}),
                      now);
    return;
  }
  const bool is_full = response.find(NotifyType::kNoAdditionalSas) != nullptr;
  fail(sa, sentence_about(*response.find_error()), kRefusedDelay, now);
  // RFC 7296 section 1.3: then an IKE SA that begins anew brings one.
  if (is_full && !has_live_child(sa)) {
    request_ike_delete(sa, "the peer allows no further child SA on this IKE SA", now);
  }
}

void CreateChild::fail(IkeSa& sa, std::string what, Duration delay, TimePoint now) {
  sa.say_trouble(std::move(what));
  try_later(sa, now + sa.environment().with_jitter(delay));
}

// A rekey is tried again by its child's timer, which outlives an IKE rekey.
void CreateChild::try_later(IkeSa& sa, TimePoint when) {
  if (!is_rekey()) {
    sa.enqueue(make_create_child({.attempt = options_.attempt + 1}), when);
    return;
  }
  if (ChildSa* old = find_child(sa, options_.rekeyed)) {
    old->is_being_rekeyed = false;
    old->rekey_at = when;
    ++old->failed_rekeys;
    set_children_timer(sa);
  }
  ensure_child(sa, when);
}

}  // namespace

std::unique_ptr<IkeExchange> make_create_child(CreateChildOptions options) {
  return std::make_unique<CreateChild>(options);
}

Duration busy_delay(IkeSa& sa, unsigned attempt) {
  const Duration longest = Seconds(2) * (1 << std::min(attempt, 4u));
  // From half to all: both ends are busy with each other, and must not try again together.
  return longest / 2 + (longest / 2 / 1024) * (sa.environment().random->next_u32() % 1024);
}

bool bear_busy_peer(IkeSa& sa, TimePoint now) {
  std::optional<TimePoint>& since = sa.facts().busy_since;
  if (!since) since = now;
  if (now - *since < kBusyPatience) return true;
  request_ike_delete(sa, "the peer was busy (TEMPORARY_FAILURE) for five minutes", now);
  return false;
}

void request_child(IkeSa& sa, TimePoint not_before) {
  if (sa.has_exchange(ExchangeKind::kChild)) return;
  sa.enqueue(make_create_child({}), not_before);
}

void request_child_rekey(IkeSa& sa, ChildId id, TimePoint now) {
  ChildSa* child = find_child(sa, id);
  if (child == nullptr || !is_live(*child) || child->is_being_rekeyed) return;
  child->is_being_rekeyed = true;
  sa.enqueue(make_create_child({.rekeyed = id, .attempt = child->failed_rekeys}), now);
}

void drop_child(IkeSa& sa, ChildId id, TimePoint now) {
  ChildSa* child = find_child(sa, id);
  if (child == nullptr) return;
  std::vector<Spi> spis = child->spis_in;
  const bool is_known_to_go = child->is_being_deleted || child->remove_at != TimePoint::max();
  remove_child(sa, id);
  resume_sending(sa, now);
  // Before the Delete, which takes a round trip more.
  ensure_child(sa, now);
  if (!is_known_to_go && sa.state() == IkeSa::State::kEstablished) {
    announce_removed_child(sa, std::move(spis));
  }
  set_children_timer(sa);
}

}  // namespace hawser
