// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_sa_init.h"

#include <algorithm>

#include "crypto/key_encapsulation.h"
#include "ike-lite/authenticator.h"
#include "ike-lite/group_negotiation.h"
#include "ike-lite/ike_auth.h"
#include "ike-lite/ike_intermediate.h"
#include "ike-lite/nat_detection.h"
#include "ike-lite/quiet_mac.h"

namespace hawser {
namespace {

// RFC 7296 section 2.6 and 2.7: who forges these could keep us busy for ever.
constexpr unsigned kMaxCookieRounds = 3;
constexpr unsigned kMaxGroupRounds = 2;

std::vector<std::uint8_t> octets_of(std::uint16_t value) {
  std::vector<std::uint8_t> octets(2);
  store_be16(octets.data(), value);
  return octets;
}

NoncePair nonces_of(const IkeHandshake& handshake) {
  return {.initiator = handshake.nonce_initiator, .responder = handshake.nonce_responder};
}

bool set_group(IkeSa& sa, KeyExchangeGroup group, TimePoint now) {
  IkeHandshake& handshake = *sa.handshake();
  auto generated = KeyExchange::generate(group, *sa.environment().random);
  if (!generated) {
    sa.set_state(IkeSa::State::kDead, "the key exchange is not available");
    return false;
  }
  handshake.key_exchange = std::move(*generated);
  handshake.init_payloads.key_exchange = key_exchange_payload(*handshake.key_exchange);
  const IkePeerConfig& peer = *sa.peer();
  const auto* raw = std::get_if<RawKeyAuth>(&peer.auth);
  if (raw != nullptr && !peer.interop) {
    add_quiet_mac(handshake.init_payloads, sa.spis().initiator, raw->key,
                  sa.environment().unix_seconds(now));
  }
  return true;
}

void send_init_request(IkeSa& sa, TimePoint now) {
  IkeHandshake& handshake = *sa.handshake();
  const IkeMessage message{
      .header = {.spi_initiator = sa.spis().initiator,
                 .exchange = static_cast<std::uint8_t>(ExchangeType::kIkeSaInit),
                 .from_initiator = true},
      .payloads = handshake.init_payloads};
  handshake.init_request = message.serialize();
  if (sa.requests().is_idle()) {
    sa.requests().start({handshake.init_request}, now);
  } else {
    sa.requests().restart_with({handshake.init_request}, now);
  }
  sa.transmit(sa.facts().path, handshake.init_request);
}

// RFC 7296 section 2.6: the same request, with the cookie before all else.
void show_cookie(IkeSa& sa, const NotifyPayload& cookie, TimePoint now) {
  IkeHandshake& handshake = *sa.handshake();
  if (cookie.data.empty() || cookie.data.size() > 64) return;
  if (++handshake.cookie_rounds > kMaxCookieRounds) return;
  std::erase_if(handshake.init_payloads.notifies,
                [](const NotifyPayload& notify) { return notify.is(NotifyType::kCookie); });
  handshake.init_payloads.add_notify(NotifyType::kCookie, cookie.data);
  send_init_request(sa, now);
}

// RFC 7296 section 1.2: only a group that was offered, and all are offered again, so that nobody
// can talk us down.
void change_group(IkeSa& sa, const NotifyPayload& notify, TimePoint now) {
  IkeHandshake& handshake = *sa.handshake();
  if (notify.data.size() != 2) return;
  const std::optional<KeyExchangeGroup> group = group_from_wire(load_be16(notify.data.data()));
  const std::vector<KeyExchangeGroup>& offered = handshake.policy.groups;
  if (!group || std::ranges::find(offered, *group) == offered.end()) {
    handshake.last_hint = "the peer wants a key exchange that is not in key-exchange";
    return;
  }
  if (*group == handshake.key_exchange->group()) return;
  if (++handshake.group_rounds > kMaxGroupRounds) return;
  if (set_group(sa, *group, now)) send_init_request(sa, now);
}

// RFC 7296 section 2.21.1: nobody authenticated this, so that we go on waiting for a real answer.
void note_init_error(IkeSa& sa, const NotifyPayload& error) {
  std::string& hint = sa.handshake()->last_hint;
  const std::string before = hint;
  switch (static_cast<NotifyType>(error.type)) {
    case NotifyType::kNoProposalChosen:
      hint =
          "the peer takes none of our ciphers and key exchanges for the IKE SA "
          "(NO_PROPOSAL_CHOSEN)";
      break;
    case NotifyType::kInvalidMajorVersion:
      hint = "the peer does not speak IKEv2 (INVALID_MAJOR_VERSION)";
      break;
    default:
      hint = "the peer refused the first message with error " + std::to_string(error.type);
      break;
  }
  if (hint != before) sa.say_trouble(hint);
}

// The keys, and on to IKE_AUTH.
void conclude_init(IkeSa& sa, const AddressPair& from, const IkeMessage& message, TimePoint now) {
  IkeHandshake& handshake = *sa.handshake();
  const IkePayloads& payloads = message.payloads;
  const Result<ChosenIkeSuite, std::string> chosen =
      accept_answer(*handshake.init_payloads.sa, *payloads.sa, handshake.policy);
  if (!chosen) {
    handshake.last_hint = chosen.error();
    return;
  }
  const IkeSuite& suite = chosen->suite;
  if (suite.group != handshake.key_exchange->group() ||
      payloads.key_exchange->group != wire_id(suite.group)) {
    handshake.last_hint = "the peer answered with another key exchange than it chose";
    return;
  }
  if (suite.ml_kem && payloads.find(NotifyType::kIntermediateExchangeSupported) == nullptr) {
    handshake.last_hint = "the peer chose ML-KEM, but does not know IKE_INTERMEDIATE";
    return;
  }
  const Result<Secret, KeyExchangeError> shared =
      handshake.key_exchange->shared_secret(payloads.key_exchange->data);
  if (!shared) {
    handshake.last_hint = "the peer's public value of the key exchange is bad";
    return;
  }
  sa.set_peer_spi(message.header.spi_responder);
  sa.facts().suite = suite;
  sa.facts().fragmentation = payloads.find(NotifyType::kFragmentationSupported) != nullptr;
  handshake.nonce_responder = *payloads.nonce;
  if (const auto* hashes = payloads.find(NotifyType::kSignatureHashAlgorithms)) {
    handshake.peer_hashes = parse_signature_hashes(hashes->data);
  }
  handshake.peer_uses_ppk = payloads.find(NotifyType::kUsePpk) != nullptr;
  if (const auto nat = detect_nat(payloads, sa.spis(), from)) {
    sa.facts().peer_behind_nat = nat->peer_is_behind_nat;
    sa.facts().we_are_behind_nat = nat->we_are_behind_nat;
  }
  sa.facts().local_seen = from.local;
  // RFC 7296 section 2.23: from here on with the marker, since ESP will be in UDP whatever is
  // between us. Port 0 of ours is the one that is not 500.
  if (sa.facts().path.remote.port == kIkePort) sa.facts().path.remote.port = kIkeNatPort;
  if (sa.facts().path.local.port == kIkePort) sa.facts().path.local.port = 0;
  sa.requests().complete();
  if (!sa.set_keys(
          derive_ike_keys(suite.prf, suite.encryption, *shared, nonces_of(handshake), sa.spis()))) {
    return;
  }
  handshake.key_exchange.reset();
  sa.set_state(IkeSa::State::kAuthSent);
  sa.start_exchange(suite.ml_kem ? make_ike_intermediate() : make_ike_auth(), now);
}

// Of the groups that we like, the one that the initiator names first.
std::optional<KeyExchangeGroup> favourite_of(const SaPayload& offered,
                                             const std::vector<KeyExchangeGroup>& liked) {
  for (const Proposal& proposal : offered.proposals) {
    for (const Transform& transform : proposal.transforms) {
      if (transform.type != static_cast<std::uint8_t>(TransformType::kKeyExchange)) continue;
      const std::optional<KeyExchangeGroup> group = group_from_wire(transform.id);
      if (group && std::ranges::find(liked, *group) != liked.end()) return group;
    }
  }
  return std::nullopt;
}

// What a responder takes of the request's payloads; the failure is the notify to answer.
Result<ChosenIkeSuite, InitAnswer> choose_suite(const IkeEnvironment& environment,
                                                const InitRequest& request) {
  const IkePayloads& payloads = request.message->payloads;
  const IkeHeader& header = request.message->header;
  const std::optional<KeyExchangeGroup> sent = group_from_wire(payloads.key_exchange->group);
  const auto try_with = [&](IkeSuitePolicy policy) {
    // What the peer likes best and sent a key for saves a round trip. A key for another group may
    // be due to an INVALID_KE_PAYLOAD that somebody forged; then our order decides (RFC 7296
    // section 1.2).
    const auto place = std::ranges::find(policy.groups, sent);
    if (place != policy.groups.end() && sent == favourite_of(*payloads.sa, policy.groups)) {
      std::rotate(policy.groups.begin(), place, place + 1);
    }
    policy.ml_kem = key_encapsulation_available() &&
                    payloads.find(NotifyType::kIntermediateExchangeSupported) != nullptr;
    return choose(policy, *payloads.sa, {});
  };
  Result<ChosenIkeSuite, std::string> chosen = try_with(environment.peers.common_policy());
  // What the peer at this address prefers, unless it is somebody else there.
  const IkePeerConfig* peer = environment.peers.find_by_address(request.from.remote.address);
  if (peer != nullptr) {
    Result<ChosenIkeSuite, std::string> preferred = try_with(ike_suite_policy(*peer));
    if (preferred) chosen = std::move(preferred);
  }
  if (!chosen) {
    return failure(
        InitAnswer{.refusal = refuse_ike_sa_init(header, NotifyType::kNoProposalChosen, {}),
                   .what = std::move(chosen.error())});
  }
  if (sent != chosen->suite.group) {
    return failure(
        InitAnswer{.refusal = refuse_ike_sa_init(header, NotifyType::kInvalidKePayload,
                                                 octets_of(wire_id(chosen->suite.group)))});
  }
  return std::move(*chosen);
}

IkePayloads make_init_answer(IkeSa& sa, const ChosenIkeSuite& chosen, bool offer_ppk) {
  const IkeHandshake& handshake = *sa.handshake();
  IkePayloads payloads;
  payloads.sa = chosen.answer;
  payloads.key_exchange = key_exchange_payload(*handshake.key_exchange);
  payloads.nonce = handshake.nonce_responder;
  AddressPair path = sa.facts().path;
  // A wrong source on purpose: who is no Hawser must put ESP into UDP, even without a NAT.
  if (sa.environment().peers.any_interop()) path.local = TransportAddress();
  add_nat_detection(payloads, sa.spis(), path);
  payloads.add_notify(NotifyType::kFragmentationSupported);
  payloads.add_notify(NotifyType::kSignatureHashAlgorithms, announced_signature_hashes());
  if (offer_ppk) payloads.add_notify(NotifyType::kUsePpk);
  if (chosen.suite.ml_kem) payloads.add_notify(NotifyType::kIntermediateExchangeSupported);
  return payloads;
}

}  // namespace

void begin_ike_sa_init(IkeSa& sa, TimePoint now) {
  const IkePeerConfig& peer = *sa.peer();
  IkeHandshake& handshake = *sa.handshake();
  handshake.policy = ike_suite_policy(peer);
  handshake.policy.ml_kem = key_encapsulation_available();
  handshake.nonce_initiator = sa.environment().make_nonce();
  IkePayloads& payloads = handshake.init_payloads;
  payloads.sa = offer(handshake.policy, {});
  payloads.nonce = handshake.nonce_initiator;
  AddressPair path = sa.facts().path;
  if (peer.interop) path.local = TransportAddress();
  add_nat_detection(payloads, sa.spis(), path);
  payloads.add_notify(NotifyType::kFragmentationSupported);
  payloads.add_notify(NotifyType::kSignatureHashAlgorithms, announced_signature_hashes());
  if (peer.post_quantum_key) payloads.add_notify(NotifyType::kUsePpk);
  if (handshake.policy.ml_kem) payloads.add_notify(NotifyType::kIntermediateExchangeSupported);
  if (set_group(sa, handshake.policy.groups.front(), now)) send_init_request(sa, now);
}

MessageFate handle_init_response(IkeSa& sa, const AddressPair& from, ByteSpan octets,
                                 TimePoint now) {
  const Result<IkeMessage, WireFailure> message = IkeMessage::parse(octets);
  if (!message) return MessageFate::kMalformed;
  const IkePayloads& payloads = message->payloads;
  if (message->header.from_initiator || message->header.message_id != MessageId(0)) {
    return MessageFate::kUnexpected;
  }
  if (const NotifyPayload* cookie = payloads.find(NotifyType::kCookie)) {
    show_cookie(sa, *cookie, now);
  } else if (const NotifyPayload* group = payloads.find(NotifyType::kInvalidKePayload)) {
    change_group(sa, *group, now);
  } else if (const NotifyPayload* error = payloads.find_error()) {
    note_init_error(sa, *error);
  } else if (payloads.sa && payloads.key_exchange && payloads.nonce &&
             message->header.spi_responder != IkeSpi(0)) {
    sa.handshake()->init_response.assign(octets.begin(), octets.end());
    conclude_init(sa, from, *message, now);
  } else {
    return MessageFate::kMalformed;
  }
  return MessageFate::kTaken;
}

InitAnswer answer_ike_sa_init(IkeEnvironment& environment, const InitRequest& request,
                              TimePoint now) {
  const IkeHeader& header = request.message->header;
  const IkePayloads& payloads = request.message->payloads;
  if (!payloads.sa || !payloads.key_exchange || !payloads.nonce) {
    return {.refusal = refuse_ike_sa_init(header, NotifyType::kInvalidSyntax, {})};
  }
  Result<ChosenIkeSuite, InitAnswer> chosen = choose_suite(environment, request);
  if (!chosen) return std::move(chosen.error());
  const KeyExchangeGroup group = chosen->suite.group;
  if (payloads.key_exchange->data.size() != key_exchange_public_size(group)) {
    return {.refusal = refuse_ike_sa_init(header, NotifyType::kInvalidSyntax, {})};
  }
  auto generated = KeyExchange::generate(group, *environment.random);
  if (!generated) return {};
  auto sa = std::make_unique<IkeSa>(
      IkeSa::Options{
          .environment = &environment,
          .spis = {.initiator = header.spi_initiator, .responder = environment.make_ike_spi()}},
      IkeSa::State::kHalfOpen, now);
  IkeHandshake& handshake = *sa->handshake();
  handshake.key_exchange = std::move(*generated);
  handshake.peer_public_value = payloads.key_exchange->data;
  handshake.awaits_intermediate = chosen->suite.ml_kem;
  handshake.nonce_initiator = *payloads.nonce;
  handshake.nonce_responder = environment.make_nonce();
  handshake.init_request.assign(request.octets.begin(), request.octets.end());
  if (const auto* hashes = payloads.find(NotifyType::kSignatureHashAlgorithms)) {
    handshake.peer_hashes = parse_signature_hashes(hashes->data);
  }
  handshake.peer_uses_ppk = payloads.find(NotifyType::kUsePpk) != nullptr;
  IkeSaFacts& facts = sa->facts();
  facts.suite = chosen->suite;
  facts.path = request.from;
  facts.local_seen = request.from.local;
  facts.fragmentation = payloads.find(NotifyType::kFragmentationSupported) != nullptr;
  // RFC 7296 section 2.23: in the request the responder's SPI is still 0.
  const IkeSpiPair request_spis{.initiator = header.spi_initiator, .responder = IkeSpi(0)};
  if (const auto nat = detect_nat(payloads, request_spis, request.from)) {
    facts.peer_behind_nat = nat->peer_is_behind_nat;
    facts.we_are_behind_nat = nat->we_are_behind_nat;
  }
  const bool offer_ppk = handshake.peer_uses_ppk && environment.peers.any_post_quantum_key();
  const IkeMessage answer{
      .header = {.spi_initiator = header.spi_initiator,
                 .spi_responder = sa->spis().responder,
                 .exchange = static_cast<std::uint8_t>(ExchangeType::kIkeSaInit),
                 .is_response = true},
      .payloads = make_init_answer(*sa, *chosen, offer_ppk)};
  handshake.init_response = answer.serialize();
  sa->responses().answered(MessageId(0), {handshake.init_response});
  sa->transmit(request.from, handshake.init_response);
  return {.sa = std::move(sa)};
}

std::vector<std::uint8_t> refuse_ike_sa_init(const IkeHeader& request, NotifyType notify,
                                             std::vector<std::uint8_t> data) {
  IkeMessage message{.header = {.spi_initiator = request.spi_initiator,
                                .exchange = static_cast<std::uint8_t>(ExchangeType::kIkeSaInit),
                                .is_response = true}};
  message.payloads.add_notify(notify, std::move(data));
  return message.serialize();
}

bool make_half_open_keys(IkeSa& sa) {
  IkeHandshake& handshake = *sa.handshake();
  const Result<Secret, KeyExchangeError> shared =
      handshake.key_exchange->shared_secret(handshake.peer_public_value);
  if (!shared) {
    sa.set_state(IkeSa::State::kDead, "the peer's public value of the key exchange is bad");
    return false;
  }
  const IkeSuite& suite = sa.facts().suite;
  return sa.set_keys(
      derive_ike_keys(suite.prf, suite.encryption, *shared, nonces_of(handshake), sa.spis()));
}

}  // namespace hawser
