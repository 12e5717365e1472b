// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/ike_rogue.h"

#include <utility>

#include "ike-lite/authenticator.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/nat_detection.h"
#include "ike-lite/quiet_mac.h"

namespace hawser::fuzz {
namespace {

constexpr std::size_t kMaxAssociations = 4;

const IkeSuitePolicy& ike_policy() {
  static const IkeSuitePolicy policy{
      {AeadAlgorithm::kAes256Gcm}, {PrfAlgorithm::kHmacSha256}, {KeyExchangeGroup::kX25519}};
  return policy;
}

AddressPair turned(const AddressPair& path) { return {path.remote, path.local}; }

std::uint8_t number(ExchangeType exchange) { return static_cast<std::uint8_t>(exchange); }

}  // namespace

IkeRogue::IkeRogue(const IkeScene& scene)
    : scene_(scene),
      local_(IkeWorld::get().rogue_local(scene)),
      auth_(IkeWorld::get().rogue_auth(scene)) {}

Octets IkeRogue::nonce() {
  Octets octets(32);
  random_.fill(octets);
  return octets;
}

void IkeRogue::new_key_exchange() {
  key_exchange_ = std::move(*KeyExchange::generate(KeyExchangeGroup::kX25519, random_));
}

void IkeRogue::add_association(Association association) {
  auto protection = MessageProtection::make(association.keys, association.ours);
  require(protection.has_value());
  association.protection = std::move(*protection);
  if (sas_.size() == kMaxAssociations) sas_.erase(sas_.begin());
  sas_.push_back(std::move(association));
}

Octets IkeRogue::init_request() {
  new_key_exchange();
  init_spis_ = {.initiator = IkeSpi(0x1122334400000000 + next_spi_++), .responder = IkeSpi(0)};
  nonce_initiator_ = nonce();
  init_payloads_ = {};
  init_payloads_.sa = offer(ike_policy(), {});
  const ByteSpan value = key_exchange_->public_value();
  init_payloads_.key_exchange = {kGroupX25519, {value.begin(), value.end()}};
  init_payloads_.nonce = nonce_initiator_;
  add_nat_detection(init_payloads_, init_spis_, turned(IkeWorld::path()));
  init_payloads_.add_notify(NotifyType::kFragmentationSupported);
  init_payloads_.add_notify(NotifyType::kSignatureHashAlgorithms, announced_signature_hashes());
  if (scene_.quiet) {
    add_quiet_mac(init_payloads_, init_spis_.initiator, IkeWorld::get().engine_key.public_key(),
                  IkeWorld::kEpochOffset);
  }
  return init_message_ = IkeMessage{.header = {.spi_initiator = init_spis_.initiator,
                                               .exchange = number(ExchangeType::kIkeSaInit),
                                               .from_initiator = true},
                                    .payloads = init_payloads_}
                             .serialize();
}

Octets IkeRogue::observe(ByteSpan message) {
  const auto header = IkeHeader::parse_whole(message);
  require(header.has_value());
  if (header->exchange != number(ExchangeType::kIkeSaInit)) {
    observe_sealed(message);
    return {};
  }
  const auto parsed = IkeMessage::parse(message);
  require(parsed.has_value());
  return header->is_response ? take_init_answer(*parsed, message) : answer_init(*parsed, message);
}

Octets IkeRogue::take_init_answer(const IkeMessage& response, ByteSpan) {
  if (response.header.spi_initiator != init_spis_.initiator || key_exchange_ == nullptr) return {};
  const IkePayloads& payloads = response.payloads;
  if (const NotifyPayload* cookie = payloads.find(NotifyType::kCookie)) {
    if (init_payloads_.find(NotifyType::kCookie) != nullptr) return {};
    init_payloads_.add_notify(NotifyType::kCookie, cookie->data);
    IkeMessage request = *IkeMessage::parse(init_message_);
    request.payloads = init_payloads_;
    return init_message_ = request.serialize();
  }
  if (!payloads.sa || !payloads.key_exchange || !payloads.nonce) return {};
  nonce_responder_ = *payloads.nonce;
  init_spis_.responder = response.header.spi_responder;
  const auto shared = key_exchange_->shared_secret(payloads.key_exchange->data);
  require(shared.has_value());
  add_association(
      {.spis = init_spis_,
       .keys = derive_ike_keys(PrfAlgorithm::kHmacSha256, AeadAlgorithm::kAes256Gcm, *shared,
                               {nonce_initiator_, nonce_responder_}, init_spis_),
       .next_id = 1});
  key_exchange_.reset();
  return {};
}

Octets IkeRogue::answer_init(const IkeMessage& request, ByteSpan) {
  const IkePayloads& asked = request.payloads;
  require(asked.sa && asked.key_exchange && asked.nonce);
  const auto chosen = choose(ike_policy(), *asked.sa, {});
  if (!chosen || asked.key_exchange->group != kGroupX25519) return {};
  new_key_exchange();
  init_spis_ = {.initiator = request.header.spi_initiator,
                .responder = IkeSpi(0x5566778800000000 + next_spi_++)};
  nonce_initiator_ = *asked.nonce;
  nonce_responder_ = nonce();
  IkePayloads answer{.sa = chosen->answer, .nonce = nonce_responder_};
  const ByteSpan value = key_exchange_->public_value();
  answer.key_exchange = {kGroupX25519, {value.begin(), value.end()}};
  add_nat_detection(answer, init_spis_, turned(IkeWorld::path()));
  answer.add_notify(NotifyType::kFragmentationSupported);
  answer.add_notify(NotifyType::kSignatureHashAlgorithms, announced_signature_hashes());
  init_message_ = IkeMessage{.header = {.spi_initiator = init_spis_.initiator,
                                        .spi_responder = init_spis_.responder,
                                        .exchange = number(ExchangeType::kIkeSaInit),
                                        .is_response = true},
                             .payloads = answer}
                      .serialize();
  const auto shared = key_exchange_->shared_secret(asked.key_exchange->data);
  require(shared.has_value());
  add_association(
      {.spis = init_spis_,
       .ours = false,
       .keys = derive_ike_keys(PrfAlgorithm::kHmacSha256, AeadAlgorithm::kAes256Gcm, *shared,
                               {nonce_initiator_, nonce_responder_}, init_spis_)});
  return init_message_;
}

IkePayloads IkeRogue::prove(bool as_initiator) {
  Association& sa = newest();
  const AuthInput input{.prf = sa.keys.prf,
                        .init_message = init_message_,
                        .other_nonce = as_initiator ? nonce_responder_ : nonce_initiator_,
                        .sk_p = as_initiator ? sa.keys.sk_pi.bytes() : sa.keys.sk_pr.bytes(),
                        .identity = &local_.identity};
  const SignatureHash hashes[] = {SignatureHash::kIdentity};
  auto proof = make_auth(local_, auth_, input, hashes);
  require(proof.has_value());
  IkePayloads payloads;
  (as_initiator ? payloads.id_initiator : payloads.id_responder) = local_.identity;
  payloads.auth = std::move(*proof);
  return payloads;
}

void IkeRogue::observe_sealed(ByteSpan message) {
  for (Association& sa : sas_) {
    Octets copy(message.begin(), message.end());
    const auto opened = sa.protection->open(copy);
    if (!opened) continue;
    const auto payloads = parse_payloads(opened->first_payload, opened->inside);
    require(payloads.has_value());
    if (opened->header.is_response) {
      take_rekey_answer(sa, *payloads);
    } else {
      sa.asked = opened->header;
      sa.question = *payloads;
    }
    return;
  }
}

void IkeRogue::take_rekey_answer(const Association& old, const IkePayloads& response) {
  if (rekey_exchange_ == nullptr || !response.sa || !response.key_exchange || !response.nonce ||
      response.ts_initiator || response.sa->proposals.front().spi.size() != 8) {
    return;
  }
  const auto shared = rekey_exchange_->shared_secret(response.key_exchange->data);
  if (!shared) return;
  const IkeSpiPair spis{rekey_spi_, IkeSpi(load_be64(response.sa->proposals.front().spi.data()))};
  Association next{.spis = spis,
                   .keys = derive_rekeyed_ike_keys(old.keys, PrfAlgorithm::kHmacSha256,
                                                   AeadAlgorithm::kAes256Gcm, *shared,
                                                   {rekey_nonce_, *response.nonce}, spis)};
  rekey_exchange_.reset();
  add_association(std::move(next));
}

Datagrams IkeRogue::seal(const Saying& saying, const SerializedPayloads& chain) {
  Association& sa = saying.older_sa && sas_.size() > 1 ? sas_[sas_.size() - 2] : newest();
  std::uint32_t id = saying.id_offset;
  if (saying.is_response) {
    id += sa.asked ? sa.asked->message_id.value() : 0;
  } else {
    id += sa.next_id;
    if (saying.id_offset == 0) ++sa.next_id;
  }
  Datagrams sealed =
      sa.protection->seal({.spi_initiator = sa.spis.initiator,
                           .spi_responder = sa.spis.responder,
                           .exchange = saying.exchange,
                           .from_initiator = sa.ours,
                           .is_response = saying.is_response,
                           .message_id = MessageId(id)},
                          chain, saying.fragmented ? MessageProtection::kMinDatagram : 0);
  if (saying.is_response && next_) {
    add_association(std::move(*next_));
    next_.reset();
  }
  return sealed;
}

}  // namespace hawser::fuzz
