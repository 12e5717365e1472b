// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "ike-lite/address_offer.h"
#include "ike-lite/child_negotiation.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_auth.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/post_quantum_auth.h"
#include "ike-lite/vendor_id.h"
#include "ike-lite/virtual_address.h"

namespace hawser {
namespace {

// A child that was refused in IKE_AUTH is asked for again, seldom: it is a matter of configuration.
constexpr Duration kChildRetry = Seconds(30);

std::string refused_by_peer(const NotifyPayload& error) {
  if (error.is(NotifyType::kAuthenticationFailed)) {
    return "the peer refuses us (AUTHENTICATION_FAILED): it does not know our identity, or our key "
           "is not the one that it has";
  }
  return "the peer refuses IKE_AUTH with error " + std::to_string(error.type);
}

std::string child_refused(const NotifyPayload* error) {
  if (error == nullptr) return "the peer answered without a child SA";
  switch (static_cast<NotifyType>(error->type)) {
    case NotifyType::kTsUnacceptable:
      return "the peer refuses our networks (TS_UNACCEPTABLE): compare allowed-ips and "
             "local-networks with its config";
    case NotifyType::kNoProposalChosen:
      return "the peer takes none of our esp-ciphers (NO_PROPOSAL_CHOSEN)";
    case NotifyType::kInternalAddressFailure:
      return "the peer has no address for us (INTERNAL_ADDRESS_FAILURE)";
    case NotifyType::kFailedCpRequired:
      return "the peer wants to give us an address (FAILED_CP_REQUIRED): set virtual-address = yes";
    default:
      return "the peer refuses the child SA with error " + std::to_string(error->type);
  }
}

class IkeAuth final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeAuth; }
  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint now) override;
  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override;

 private:
  bool add_proof(IkeSa& sa, IkePayloads& request);
  void add_child(IkeSa& sa, IkePayloads& request);
  Result<void, AuthFailure> verify(IkeSa& sa, const IkePayloads& response, TimePoint now);
  void learn(IkeSa& sa, const IkePayloads& response);
  void conclude_child(IkeSa& sa, const IkePayloads& response, const IkeHandshake& handshake,
                      TimePoint now);
  void refuse(IkeSa& sa, std::string sentence, TimePoint now);

  PpkUse ppk_use_ = PpkUse::kNone;
  IkeKeys keys_without_ppk_;  // only what it changes
  std::optional<ChildOffer> offer_;
};

std::optional<IkePayloads> IkeAuth::begin(IkeSa& sa, TimePoint /*now*/) {
  const IkePeerConfig& peer = *sa.peer();
  sa.facts().local_identity = local_identity(sa);
  IkePayloads request;
  request.id_initiator = sa.facts().local_identity;
  request.id_responder = peer.identity;
  if (!add_proof(sa, request)) return std::nullopt;
  add_certificate_requests(request, peer.auth);
  if (sa.handshake()->initial_contact) request.add_notify(NotifyType::kInitialContact);
  if (peer.request_address) request.configuration = make_address_request();
  add_child(sa, request);
  request.add_notify(NotifyType::kMobikeSupported);
  if (!peer.interop) request.vendor_ids.push_back(hawser_vendor_id());
  return request;
}

bool IkeAuth::add_proof(IkeSa& sa, IkePayloads& request) {
  const IkePeerConfig& peer = *sa.peer();
  IkeEnvironment& environment = sa.environment();
  const auto give_up = [&sa](const AuthFailure& error) {
    sa.say_trouble(error.sentence);
    sa.set_state(IkeSa::State::kDead, error.sentence);
    return false;
  };
  const Result<PpkUse, AuthFailure> use =
      choose_ppk_as_initiator(peer.post_quantum_key, sa.handshake()->peer_uses_ppk);
  if (!use) return give_up(use.error());
  ppk_use_ = *use;
  const auto& hashes = sa.handshake()->peer_hashes;
  const auto make_proof = [&] {
    return make_auth(environment.local, peer.auth, auth_input(sa, true, sa.facts().local_identity),
                     hashes);
  };
  std::optional<AuthPayload> without;
  if (ppk_use_ != PpkUse::kNone) {
    if (ppk_use_ == PpkUse::kOptional) {
      const Result<AuthPayload, AuthFailure> made = make_proof();
      if (!made) return give_up(made.error());
      without = *made;
      keys_without_ppk_.sk_d = sa.keys().sk_d.clone();
      keys_without_ppk_.sk_pi = sa.keys().sk_pi.clone();
      keys_without_ppk_.sk_pr = sa.keys().sk_pr.clone();
    }
    mix_post_quantum_key(sa.keys(), peer.post_quantum_key->key);
    add_ppk_identity(request, *peer.post_quantum_key);
  }
  const Result<AuthPayload, AuthFailure> made = make_proof();
  if (!made) return give_up(made.error());
  request.auth = *made;
  if (without) add_no_ppk_auth(request, *without);
  request.certificates = certificates_to_send(environment.local, peer.auth);
  return true;
}

void IkeAuth::add_child(IkeSa& sa, IkePayloads& request) {
  offer_ = ChildOffer::make(sa, {.policy = child_suite_policy(sa, ChildExchangeRole::kInAuth),
                                 .local = allowed_local(sa),
                                 .remote = allowed_remote(sa),
                                 .shape = child_set_shape(sa)});
  // Without a free SPI an IKE SA without a child is made (RFC 6023 calls it childless).
  if (offer_) offer_->write(request);
}

void IkeAuth::handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  if (!response.id_responder || !response.auth) {
    const NotifyPayload* error = response.find_error();
    const std::string reason = error == nullptr ? "the peer's answer to IKE_AUTH lacks its identity"
                                                : refused_by_peer(*error);
    sa.say_trouble(reason);
    // RFC 7296 section 2.21.2: the peer has no IKE SA then, nothing is to be deleted.
    sa.set_state(IkeSa::State::kDead, reason);
    return;
  }
  if (const Result<void, AuthFailure> verified = verify(sa, response, now); !verified) {
    refuse(sa, verified.error().sentence, now);
    return;
  }
  learn(sa, response);
  IkeHandshake handshake = std::move(*sa.handshake());
  conclude_ike_auth(sa, now);
  take_address_offer(sa, response);
  conclude_child(sa, response, handshake, now);
}

Result<void, AuthFailure> IkeAuth::verify(IkeSa& sa, const IkePayloads& response, TimePoint now) {
  const IkePeerConfig& peer = *sa.peer();
  const IkeIdentity& shown = *response.id_responder;
  if (!shown.same_as(peer.identity)) {
    return failure(AuthFailure{.error = AuthError::kWrongIdentity,
                               .sentence = "the peer shows the identity " + shown.to_string() +
                                           " instead of " + peer.identity.to_string()});
  }
  const Result<bool, AuthFailure> used_ppk = conclude_ppk_as_initiator(ppk_use_, response);
  if (!used_ppk) return failure(used_ppk.error());
  if (ppk_use_ == PpkUse::kOptional && !*used_ppk) {
    sa.keys().sk_d = std::move(keys_without_ppk_.sk_d);
    sa.keys().sk_pi = std::move(keys_without_ppk_.sk_pi);
    sa.keys().sk_pr = std::move(keys_without_ppk_.sk_pr);
  }
  sa.facts().post_quantum_key = *used_ppk;
  return verify_auth(peer.auth, auth_input(sa, false, shown),
                     {.auth = &*response.auth, .certificates = response.certificates},
                     sa.environment().unix_seconds(now));
}

void IkeAuth::learn(IkeSa& sa, const IkePayloads& response) {
  IkeSaFacts& facts = sa.facts();
  facts.remote_identity = *response.id_responder;
  facts.mobike = response.find(NotifyType::kMobikeSupported) != nullptr;
  facts.is_hawser = !sa.peer()->interop && has_hawser_vendor_id(response);
  if (sa.peer()->request_address && response.configuration) {
    GivenAddresses given = parse_address_reply(*response.configuration);
    facts.assigned = std::move(given.addresses);
    facts.dns = std::move(given.dns);
  }
}

void IkeAuth::conclude_child(IkeSa& sa, const IkePayloads& response, const IkeHandshake& handshake,
                             TimePoint now) {
  if (!offer_ || !response.sa) {
    // RFC 7296 section 2.21.2: the IKE SA is up all the same.
    if (offer_) sa.say_trouble(child_refused(response.find_error()));
    request_child(sa, now + sa.environment().with_jitter(kChildRetry));
    return;
  }
  const Result<ChosenChildSuite, ChildRefusal> chosen = offer_->check(response);
  if (!chosen) {
    // RFC 7296 section 2.7: what was not offered must not be used, and the peer believes it is.
    refuse(sa, chosen.error().what, now);
    return;
  }
  const ChildKeySource source{
      .nonces = {.initiator = handshake.nonce_initiator, .responder = handshake.nonce_responder}};
  const ChildId child = offer_->install(sa, response, *chosen, source, now);
  send_on(sa, child);
  // The peer has more workers than we: now that we know, a set of that size takes over.
  if (sa.facts().is_hawser && child_set_shape(sa).size() > sa.children().back().spis_in.size()) {
    request_child_rekey(sa, child, now);
  }
}

// The peer takes the IKE SA for established, so that it is told.
void IkeAuth::refuse(IkeSa& sa, std::string sentence, TimePoint now) {
  sa.say_trouble(sentence);
  sa.drop_handshake();
  request_ike_delete(sa, std::move(sentence), now);
}

}  // namespace

std::unique_ptr<IkeExchange> make_ike_auth() { return std::make_unique<IkeAuth>(); }

}  // namespace hawser
