// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "ike-lite/child_sa_set.h"
#include "ike-lite/nat_detection.h"
#include "ike-lite/vendor_id.h"
#include "tests/fuzz/ike_rogue.h"

// What the other end says if it keeps to the rules.
namespace hawser::fuzz {
namespace {

const ChildSuitePolicy& child_policy(bool with_exchange) {
  static const ChildSuitePolicy plain{{AeadAlgorithm::kAes256Gcm}, {}};
  static const ChildSuitePolicy secret{{AeadAlgorithm::kAes256Gcm}, {KeyExchangeGroup::kX25519}};
  return with_exchange ? secret : plain;
}

Octets octets_of(std::uint32_t spi) {
  Octets octets(4);
  store_be32(octets.data(), spi);
  return octets;
}

Octets octets_of(IkeSpi spi) {
  Octets octets(8);
  store_be64(octets.data(), spi.value());
  return octets;
}

KeyExchangePayload payload_of(const KeyExchange& exchange) {
  const ByteSpan value = exchange.public_value();
  return {kGroupX25519, {value.begin(), value.end()}};
}

bool has_exchange(const SaPayload& sa) {
  return std::ranges::any_of(sa.proposals.front().transforms, [](const Transform& transform) {
    return transform.type == static_cast<std::uint8_t>(TransformType::kKeyExchange);
  });
}

}  // namespace

void IkeRogue::add_child(IkePayloads& payloads) {
  payloads.sa = offer(child_policy(false), octets_of(next_spi_++));
  payloads.ts_initiator = {IkeWorld::peer_side()};
  payloads.ts_responder = {IkeWorld::engine_side()};
  if (scene_.sets) {
    const ChildSaSet set{.wanted = 2, .further = {Spi(next_spi_++)}};
    payloads.add_notify(NotifyType::kChildSaSet, set.serialize());
  }
}

IkePayloads IkeRogue::auth_request() {
  IkePayloads payloads = prove(true);
  add_child(payloads);
  payloads.add_notify(NotifyType::kMobikeSupported);
  if (scene_.hawser) payloads.vendor_ids.push_back(hawser_vendor_id());
  if (scene_.addresses) payloads.configuration = {1, {{1, {}}, {3, {}}}};
  return payloads;
}

IkeRogue::Wish IkeRogue::request(unsigned kind, Spi ours) {
  Wish wish{.exchange = kind >= 1 && kind <= 3 ? ExchangeType::kCreateChildSa
                                               : ExchangeType::kInformational};
  IkePayloads& payloads = wish.payloads;
  switch (kind) {
    case 1:
    case 2:
      add_child(payloads);
      payloads.nonce = nonce();
      if (kind == 2) {
        payloads.notifies.push_back({.type = static_cast<std::uint16_t>(NotifyType::kRekeySa),
                                     .protocol = SecurityProtocol::kEsp,
                                     .spi = octets_of(ours.value())});
      }
      break;
    case 3:
      rekey_exchange_ = std::move(*KeyExchange::generate(KeyExchangeGroup::kX25519, random_));
      rekey_nonce_ = nonce();
      rekey_spi_ = IkeSpi(0x99aabbcc00000000 + next_spi_++);
      payloads.sa = offer(IkeSuitePolicy{{AeadAlgorithm::kAes256Gcm},
                                         {PrfAlgorithm::kHmacSha256},
                                         {KeyExchangeGroup::kX25519}},
                          octets_of(rekey_spi_));
      payloads.nonce = rekey_nonce_;
      payloads.key_exchange = payload_of(*rekey_exchange_);
      break;
    case 4:
      payloads.deletes = {{SecurityProtocol::kEsp, {ours}}};
      break;
    case 5:
      payloads.deletes = {{SecurityProtocol::kIke, {}}};
      break;
    case 6:
      payloads.add_notify(NotifyType::kUpdateSaAddresses);
      payloads.add_notify(NotifyType::kCookie2, Octets(16, 7));
      add_nat_detection(payloads, newest().spis, {IkeWorld::path().remote, IkeWorld::path().local});
      break;
    case 7:
      payloads.add_notify(NotifyType::kAdditionalIp4Address, {192, 0, 2, 9});
      payloads.add_notify(NotifyType::kNoAdditionalAddresses);
      break;
    case 8:
      wish.exchange = ExchangeType::kIkeAuth;
      wish.payloads = auth_request();
      break;
    case 9:
      payloads.configuration = {1, {{1, {}}, {8, {}}}};
      payloads.add_notify(NotifyType::kInitialContact);
      break;
    default:
      break;  // an empty one asks whether the peer lives
  }
  return wish;
}

std::optional<IkeRogue::Wish> IkeRogue::answer() {
  if (sas_.empty() || !newest().asked) return std::nullopt;
  Association& sa = newest();
  Wish wish{.exchange = static_cast<ExchangeType>(sa.asked->exchange)};
  const IkePayloads question = sa.question;
  if (wish.exchange == ExchangeType::kIkeAuth) {
    wish.payloads = answer_auth(question);
  } else if (wish.exchange == ExchangeType::kCreateChildSa && question.sa) {
    wish.payloads =
        question.ts_initiator ? answer_create_child(question) : answer_rekey_ike(question);
  } else {
    if (const auto* cookie = question.find(NotifyType::kCookie2)) {
      wish.payloads.notifies.push_back(*cookie);
    }
    wish.payloads.deletes = question.deletes;
    if (!question.deletes.empty() && question.deletes[0].protocol == SecurityProtocol::kIke) {
      wish.payloads.deletes.clear();
    }
  }
  return wish;
}

IkePayloads IkeRogue::answer_auth(const IkePayloads& question) {
  IkePayloads payloads = prove(false);
  payloads.add_notify(NotifyType::kMobikeSupported);
  if (scene_.hawser) payloads.vendor_ids.push_back(hawser_vendor_id());
  if (question.configuration)
    payloads.configuration = {2, {{1, {10, 1, 0, 5}}, {3, {10, 1, 0, 1}}}};
  if (!question.sa) return payloads;
  IkePayloads child = answer_create_child(question);
  payloads.sa = std::move(child.sa);
  payloads.ts_initiator = std::move(child.ts_initiator);
  payloads.ts_responder = std::move(child.ts_responder);
  for (auto& notify : child.notifies) payloads.notifies.push_back(std::move(notify));
  return payloads;
}

IkePayloads IkeRogue::answer_create_child(const IkePayloads& question) {
  IkePayloads payloads;
  const bool with_exchange = question.key_exchange && has_exchange(*question.sa);
  const auto chosen = choose(child_policy(with_exchange), *question.sa, octets_of(next_spi_++));
  if (!chosen) {
    payloads.add_notify(NotifyType::kNoProposalChosen);
    return payloads;
  }
  payloads.sa = chosen->answer;
  if (question.nonce) payloads.nonce = nonce();
  if (with_exchange) {
    new_key_exchange();
    payloads.key_exchange = payload_of(*key_exchange_);
  }
  payloads.ts_initiator = {narrow(question.ts_initiator->selectors, IkeWorld::engine_side())};
  payloads.ts_responder = {narrow(question.ts_responder->selectors, IkeWorld::peer_side())};
  if (payloads.ts_initiator->selectors.empty() || payloads.ts_responder->selectors.empty()) {
    payloads = {};
    payloads.add_notify(NotifyType::kTsUnacceptable);
  } else if (question.find(NotifyType::kChildSaSet) != nullptr) {
    const ChildSaSet set{.wanted = 2, .further = {Spi(next_spi_++), Spi(next_spi_++)}};
    payloads.add_notify(NotifyType::kChildSaSet, set.serialize());
  }
  return payloads;
}

IkePayloads IkeRogue::answer_rekey_ike(const IkePayloads& question) {
  IkePayloads payloads;
  if (!question.nonce || !question.key_exchange || question.key_exchange->group != kGroupX25519 ||
      !has_exchange(*question.sa)) {
    payloads.add_notify(NotifyType::kNoProposalChosen);
    return payloads;
  }
  const IkeSuitePolicy policy{
      {AeadAlgorithm::kAes256Gcm}, {PrfAlgorithm::kHmacSha256}, {KeyExchangeGroup::kX25519}};
  const IkeSpi ours(0xddeeff0000000000 + next_spi_++);
  const auto chosen = choose(policy, *question.sa, octets_of(ours));
  if (!chosen) return payloads;
  new_key_exchange();
  payloads.sa = chosen->answer;
  payloads.nonce = nonce();
  payloads.key_exchange = payload_of(*key_exchange_);
  const auto shared = key_exchange_->shared_secret(question.key_exchange->data);
  require(shared.has_value());
  const IkeSpiPair spis{IkeSpi(load_be64(chosen->spi.data())), ours};
  next_ = Association{.spis = spis,
                      .ours = false,
                      .keys = derive_rekeyed_ike_keys(newest().keys, PrfAlgorithm::kHmacSha256,
                                                      AeadAlgorithm::kAes256Gcm, *shared,
                                                      {*question.nonce, *payloads.nonce}, spis)};
  return payloads;
}

}  // namespace hawser::fuzz
