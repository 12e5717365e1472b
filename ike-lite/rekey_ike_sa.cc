// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rekey_ike_sa.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ike-lite/create_child_sa.h"
#include "ike-lite/group_negotiation.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_successor.h"
#include "ike-lite/peer_directory.h"
#include "ike-lite/rekey_collision.h"
#include "ike-lite/spi_octets.h"

namespace hawser {
namespace {

constexpr Duration kRefusedDelay = Seconds(300);

std::vector<std::uint8_t> copy_of(ByteSpan octets) { return {octets.begin(), octets.end()}; }

class RekeyIke final : public IkeExchange {
 public:
  struct Demand {
    std::optional<KeyExchangeGroup> group;
    unsigned rounds = 0;
  };
  explicit RekeyIke(Demand demand) : demand_(demand) {}

  ExchangeType type() const override { return ExchangeType::kCreateChildSa; }
  ExchangeKind kind() const override { return ExchangeKind::kIkeRekey; }
  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint now) override;
  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override;

  // RFC 7296 section 2.8.2: what the peer's rekey made while ours is outstanding. Nobody uses it
  // before it is decided which one stays.
  void hold(std::unique_ptr<IkeSa> made_by_peer, ByteSpan lowest_nonce) {
    made_by_peer_ = std::move(made_by_peer);
    peers_lowest_nonce_ = copy_of(lowest_nonce);
  }
  std::unique_ptr<IkeSa> take_held() { return std::move(made_by_peer_); }

 private:
  void handle_error(IkeSa& sa, const IkePayloads& response, TimePoint now);
  Result<std::unique_ptr<IkeSa>, std::string> conclude(IkeSa& sa, const IkePayloads& response,
                                                       TimePoint now) const;
  void decide(IkeSa& sa, std::unique_ptr<IkeSa> ours, ByteSpan lowest_nonce, TimePoint now);

  Demand demand_;
  IkeSuitePolicy policy_;
  SaPayload offered_;
  IkeSpi spi_;
  std::unique_ptr<KeyExchange> key_exchange_;
  std::vector<std::uint8_t> nonce_;
  std::unique_ptr<IkeSa> made_by_peer_;
  std::vector<std::uint8_t> peers_lowest_nonce_;
};

std::optional<IkePayloads> RekeyIke::begin(IkeSa& sa, TimePoint now) {
  if (sa.state() != IkeSa::State::kEstablished) return std::nullopt;
  policy_ = ike_suite_policy(*sa.peer());
  spi_ = sa.environment().make_ike_spi();
  offered_ = offer(policy_, octets_of(spi_));
  const KeyExchangeGroup group = demand_.group.value_or(sa.facts().suite.group);
  auto generated = KeyExchange::generate(group, *sa.environment().random);
  if (!generated) {
    sa.timers().set(IkeTimer::kIkeRekey, now + kRefusedDelay);
    return std::nullopt;
  }
  key_exchange_ = std::move(*generated);
  nonce_ = sa.environment().make_nonce();
  IkePayloads request;
  request.sa = offered_;
  request.nonce = nonce_;
  request.key_exchange = key_exchange_payload(*key_exchange_);
  return request;
}

void RekeyIke::handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  if (response.find_error() != nullptr) {
    handle_error(sa, response, now);
    return;
  }
  sa.facts().busy_since.reset();
  Result<std::unique_ptr<IkeSa>, std::string> ours = conclude(sa, response, now);
  if (ours) {
    decide(sa, std::move(*ours), lower_nonce(nonce_, *response.nonce), now);
    return;
  }
  // The peer believes in an IKE SA that we don't have. Only a new beginning puts that right.
  sa.say_trouble(ours.error());
  request_ike_delete(sa, std::move(ours.error()), now);
}

Result<std::unique_ptr<IkeSa>, std::string> RekeyIke::conclude(IkeSa& sa,
                                                               const IkePayloads& response,
                                                               TimePoint now) const {
  if (!response.sa || !response.nonce || !response.key_exchange) {
    return failure(std::string("the peer's answer to a rekey of the IKE SA lacks a payload"));
  }
  const Result<ChosenIkeSuite, std::string> chosen = accept_answer(offered_, *response.sa, policy_);
  if (!chosen) return failure(chosen.error());
  if (chosen->suite.group != key_exchange_->group() ||
      response.key_exchange->group != wire_id(chosen->suite.group) || chosen->spi.size() != 8) {
    return failure(std::string("the peer's answer to a rekey of the IKE SA contradicts itself"));
  }
  const Result<Secret, KeyExchangeError> shared =
      key_exchange_->shared_secret(response.key_exchange->data);
  const IkeSpi peers_spi(load_be64(chosen->spi.data()));
  if (!shared || peers_spi == IkeSpi()) {
    return failure(std::string("the peer's key exchange for the IKE SA is invalid"));
  }
  std::unique_ptr<IkeSa> made =
      make_successor(sa,
                     {.we_initiated = true,
                      .spis = {.initiator = spi_, .responder = peers_spi},
                      .suite = chosen->suite,
                      .shared = &*shared,
                      .nonces = {.initiator = nonce_, .responder = *response.nonce}},
                     now);
  if (made == nullptr) return failure(std::string("the cipher of the IKE SA is not available"));
  return made;
}

void RekeyIke::decide(IkeSa& sa, std::unique_ptr<IkeSa> ours, ByteSpan lowest_nonce,
                      TimePoint now) {
  if (made_by_peer_ == nullptr) {
    hand_over(sa, std::move(ours), now);
    request_ike_delete(sa, {}, now);
    return;
  }
  // RFC 7296 section 2.8.2: as with children; the winner's initiator deletes the old one.
  if (winner_of_collision(lowest_nonce, peers_lowest_nonce_) == CollisionWinner::kOurs) {
    hand_over(sa, std::move(ours), now);
    hand_over_loser(sa, std::move(made_by_peer_), now);
    request_ike_delete(sa, {}, now);
  } else {
    hand_over(sa, std::move(made_by_peer_), now);
    hand_over_loser(sa, std::move(ours), now);
  }
}

void RekeyIke::handle_error(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  // The peer did not know of its rekey and ours at once, or closes the old IKE SA already.
  if (made_by_peer_ != nullptr) {
    hand_over(sa, std::move(made_by_peer_), now);
    return;
  }
  if (const auto group = demanded_group(response, policy_.groups);
      group && demand_.rounds < kMaxGroupDemands) {
    sa.start_exchange(
        std::make_unique<RekeyIke>(Demand{.group = group, .rounds = demand_.rounds + 1}), now);
    return;
  }
  if (response.find(NotifyType::kTemporaryFailure) != nullptr) {
    if (bear_busy_peer(sa, now)) {
      sa.timers().set(IkeTimer::kIkeRekey, now + busy_delay(sa, 1));
    }
    return;
  }
  sa.say_trouble("the peer refuses to rekey the IKE SA with error " +
                 std::to_string(response.find_error()->type));
  sa.timers().set(IkeTimer::kIkeRekey, now + sa.environment().with_jitter(kRefusedDelay));
}

RekeyIke* own_rekey(IkeSa& sa) {
  IkeExchange* current = sa.current_exchange();
  if (current == nullptr || current->kind() != ExchangeKind::kIkeRekey) return nullptr;
  return static_cast<RekeyIke*>(current);
}

IkePayloads refuse(IkeSa& sa, NotifyType type, std::string what) {
  sa.say_trouble(std::move(what));
  IkePayloads answer;
  answer.add_notify(type);
  return answer;
}

}  // namespace

IkePayloads answer_ike_rekey(IkeSa& sa, const IkePayloads& request, TimePoint now) {
  IkeSuitePolicy policy = ike_suite_policy(*sa.peer());
  put_guess_first(policy.groups, request);
  const IkeSpi spi = sa.environment().make_ike_spi();
  const Result<ChosenIkeSuite, std::string> chosen = choose(policy, *request.sa, octets_of(spi));
  if (!chosen) return refuse(sa, NotifyType::kNoProposalChosen, chosen.error());
  const IkeSpi peers_spi(chosen->spi.size() == 8 ? load_be64(chosen->spi.data()) : 0);
  if (peers_spi == IkeSpi()) {
    return refuse(sa, NotifyType::kNoProposalChosen, "the peer's rekey of the IKE SA has no SPI");
  }
  if (!is_guess_right(request, chosen->suite.group)) return demand_group(chosen->suite.group);
  auto ours = KeyExchange::generate(chosen->suite.group, *sa.environment().random);
  if (!ours) {
    return refuse(sa, NotifyType::kNoProposalChosen, "the key exchange is not available");
  }
  const Result<Secret, KeyExchangeError> shared =
      (*ours)->shared_secret(request.key_exchange->data);
  if (!shared) {
    return refuse(sa, NotifyType::kNoProposalChosen,
                  "the peer's key exchange for the IKE SA is invalid");
  }
  IkePayloads answer;
  answer.sa = chosen->answer;
  answer.nonce = sa.environment().make_nonce();
  answer.key_exchange = key_exchange_payload(**ours);
  std::unique_ptr<IkeSa> made =
      make_successor(sa,
                     {.spis = {.initiator = peers_spi, .responder = spi},
                      .suite = chosen->suite,
                      .shared = &*shared,
                      .nonces = {.initiator = *request.nonce, .responder = *answer.nonce}},
                     now);
  if (made == nullptr) {
    return refuse(sa, NotifyType::kNoProposalChosen, "the cipher of the IKE SA is not available");
  }
  if (RekeyIke* own = own_rekey(sa)) {
    own->hold(std::move(made), lower_nonce(*request.nonce, *answer.nonce));
  } else {
    hand_over(sa, std::move(made), now);
  }
  return answer;
}

void forget_ike_rekey(IkeSa& sa, TimePoint now) {
  RekeyIke* own = own_rekey(sa);
  if (own == nullptr) return;
  if (std::unique_ptr<IkeSa> held = own->take_held()) hand_over(sa, std::move(held), now);
}

void request_ike_rekey(IkeSa& sa, TimePoint now) {
  if (sa.has_exchange(ExchangeKind::kIkeRekey)) return;
  sa.enqueue(std::make_unique<RekeyIke>(RekeyIke::Demand{}), now);
}

void handle_ike_rekey_timer(IkeSa& sa, TimePoint now) { request_ike_rekey(sa, now); }

}  // namespace hawser
