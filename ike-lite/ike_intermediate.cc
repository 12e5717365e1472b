// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_intermediate.h"

#include <string>
#include <utility>
#include <vector>

#include "crypto/key_encapsulation.h"
#include "crypto/prf.h"
#include "ike-lite/ike_auth.h"

namespace hawser {
namespace {

// There is one IKE_INTERMEDIATE, so that IKE_AUTH is the third exchange.
constexpr MessageId kIkeAuthId{2};

IkePayloads key_exchange_of(ByteSpan value) {
  IkePayloads payloads;
  payloads.key_exchange =
      KeyExchangePayload{.group = kGroupMlKem768, .data = {value.begin(), value.end()}};
  return payloads;
}

bool has_ml_kem_value(const IkePayloads& payloads) {
  return payloads.key_exchange && payloads.key_exchange->group == kGroupMlKem768;
}

// RFC 9370 section 2.2.2: SKEYSEED(1) = prf(SK_d(0), SK(1) | Ni | Nr), as in a rekey, and with the
// same SPIs.
IkeKeys next_keys(IkeSa& sa, const Secret& shared) {
  const IkeHandshake& handshake = *sa.handshake();
  const IkeSuite& suite = sa.facts().suite;
  return derive_rekeyed_ike_keys(
      sa.keys(), suite.prf, suite.encryption, shared,
      {.initiator = handshake.nonce_initiator, .responder = handshake.nonce_responder}, sa.spis());
}

class IkeIntermediate final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeIntermediate; }

  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint /*now*/) override {
    auto generated = KeyEncapsulation::generate(*sa.environment().random);
    if (!generated) {
      give_up(sa, "ML-KEM is not available");
      return std::nullopt;
    }
    key_ = std::move(*generated);
    return key_exchange_of(key_->public_value());
  }

  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override {
    if (!has_ml_kem_value(response)) {
      give_up(sa, "the peer's answer to IKE_INTERMEDIATE has no value of ML-KEM");
      return;
    }
    const auto shared = key_->decapsulate(response.key_exchange->data);
    if (!shared) {
      give_up(sa, "the peer's value of ML-KEM is bad");
      return;
    }
    if (!sa.set_keys(next_keys(sa, *shared))) return;
    sa.start_exchange(make_ike_auth(), now);
  }

 private:
  static void give_up(IkeSa& sa, std::string sentence) {
    sa.say_trouble(sentence);
    sa.set_state(IkeSa::State::kDead, std::move(sentence));
  }

  std::unique_ptr<KeyEncapsulation> key_;
};

}  // namespace

std::unique_ptr<IkeExchange> make_ike_intermediate() { return std::make_unique<IkeIntermediate>(); }

IkePayloads answer_ike_intermediate(IkeSa& sa, const IkePayloads& request) {
  IkeHandshake& handshake = *sa.handshake();
  const Result<Encapsulation, KeyExchangeError> made =
      has_ml_kem_value(request) ? encapsulate(request.key_exchange->data, *sa.environment().random)
                                : failure(KeyExchangeError::kBadPublicValue);
  if (!made) {
    IkePayloads refusal;
    refusal.add_notify(NotifyType::kInvalidSyntax);
    return refusal;
  }
  handshake.awaits_intermediate = false;
  handshake.next_keys = next_keys(sa, made->shared_secret);
  return key_exchange_of(made->ciphertext);
}

void conclude_ike_intermediate(IkeSa& sa) {
  IkeHandshake& handshake = *sa.handshake();
  if (handshake.awaits_intermediate) {
    sa.set_state(IkeSa::State::kClosed, "the peer's value of ML-KEM is missing or bad");
  } else {
    sa.set_keys(std::exchange(handshake.next_keys, IkeKeys()));
  }
}

void note_intermediate(IkeSa& sa, const IkeHeader& header, std::uint8_t first_payload,
                       ByteSpan inside) {
  IkeHandshake* const handshake = sa.handshake();
  if (handshake == nullptr ||
      header.exchange != static_cast<std::uint8_t>(ExchangeType::kIkeIntermediate)) {
    return;
  }
  // As if it had been sent in one piece, with lengths that count neither IV nor padding nor ICV.
  constexpr std::size_t kGenericHeaderSize = 4;
  const std::size_t payload_size = kGenericHeaderSize + inside.size();
  IkeHeader adjusted = header;
  adjusted.next_payload = static_cast<std::uint8_t>(PayloadType::kEncrypted);
  adjusted.length = static_cast<std::uint32_t>(IkeHeader::kSize + payload_size);
  std::vector<std::uint8_t> head(IkeHeader::kSize + kGenericHeaderSize);
  ByteWriter writer(head);
  adjusted.serialize(writer);
  writer.write_u8(first_payload);
  writer.write_u8(0);
  writer.write_u16(static_cast<std::uint16_t>(payload_size));
  const Secret& key = header.from_initiator ? sa.keys().sk_pi : sa.keys().sk_pr;
  const Secret mac = prf(sa.keys().prf, key.bytes(), {head, inside});

  // IntAuth = IntAuth_i1 | IntAuth_r1 | ID of IKE_AUTH. The initiator's comes first by nature.
  std::vector<std::uint8_t>& all = handshake->intermediate;
  if (header.from_initiator) all.clear();
  all.insert(all.end(), mac.bytes().begin(), mac.bytes().end());
  if (header.from_initiator) return;
  std::uint8_t id[4];
  store_be32(id, kIkeAuthId.value());
  all.insert(all.end(), id, id + sizeof id);
}

}  // namespace hawser
