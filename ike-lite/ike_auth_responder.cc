// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "ike-lite/child_negotiation.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_auth.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/post_quantum_auth.h"
#include "ike-lite/vendor_id.h"
#include "ike-lite/virtual_address.h"

namespace hawser {
namespace {

// RFC 7296 section 2.21.2: the peer is told why, and nothing is left.
IkePayloads refuse(IkeSa& sa, NotifyType notify, const std::string& sentence) {
  sa.say_trouble(sentence);
  sa.set_state(IkeSa::State::kClosed, sentence);
  IkePayloads answer;
  answer.add_notify(notify);
  return answer;
}

// The peer that IDi names becomes the peer of the IKE SA.
bool find_peer(IkeSa& sa, const IkeIdentity& shown) {
  const PeerDirectory& peers = sa.environment().peers;
  if (const IkePeerConfig* peer = peers.find_by_identity(shown)) {
    sa.set_peer(*peer);
    return true;
  }
  // Whom else could it be trouble of?
  if (const IkePeerConfig* peer = peers.suspect(sa.facts().path.remote.address)) {
    sa.emit(PeerTrouble{.peer = peer->id,
                        .what = "somebody at " + sa.facts().path.remote.address.to_string() +
                                " shows the identity " + shown.to_string() +
                                ", which no peer has"});
  }
  return false;
}

// Whether the initiator is who it says; with a PPK the keys are mixed before.
Result<PpkVerdict, AuthFailure> verify(IkeSa& sa, const IkePayloads& request, TimePoint now) {
  const IkePeerConfig& peer = *sa.peer();
  const Result<PpkVerdict, AuthFailure> verdict =
      choose_ppk_as_responder(peer.post_quantum_key, request);
  if (!verdict) return verdict;
  AuthPayload auth = *request.auth;
  if (*verdict == PpkVerdict::kUse) {
    mix_post_quantum_key(sa.keys(), peer.post_quantum_key->key);
  } else if (*verdict == PpkVerdict::kFallBack) {
    auth = no_ppk_auth_of(request);
  }
  const Result<void, AuthFailure> verified = verify_auth(
      peer.auth, auth_input(sa, true, *request.id_initiator),
      {.auth = &auth, .certificates = request.certificates}, sa.environment().unix_seconds(now));
  if (!verified) return failure(verified.error());
  return verdict;
}

void learn(IkeSa& sa, const IkePayloads& request, const AddressPair& from) {
  IkeSaFacts& facts = sa.facts();
  facts.remote_identity = *request.id_initiator;
  facts.local_identity = local_identity(sa);
  facts.mobike = request.find(NotifyType::kMobikeSupported) != nullptr;
  facts.is_hawser = !sa.peer()->interop && has_hawser_vendor_id(request);
  facts.initial_contact = request.find(NotifyType::kInitialContact) != nullptr;
  // RFC 7296 section 2.23: the initiator may have moved from port 500 to 4500.
  facts.path = from;
  facts.local_seen = from.local;
}

// False if the peer must have an address and there is none.
bool give_addresses(IkeSa& sa, const IkePayloads& request, IkePayloads& answer) {
  IkeEnvironment& environment = sa.environment();
  if (!request.configuration || !sa.peer()->give_address || environment.pool == nullptr) {
    return true;
  }
  GivenAddresses given;
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    if (!asks_for(*request.configuration, family)) continue;
    const std::optional<IpAddress> address =
        environment.pool->lease(sa.facts().remote_identity, family);
    if (address) given.addresses.push_back(*address);
  }
  if (given.addresses.empty()) return false;
  given.dns = environment.local.pool_dns;
  sa.facts().given = given.addresses;
  answer.configuration = make_address_reply(given);
  return true;
}

struct FirstChild {
  const IkePayloads* request = nullptr;
  const IkeHandshake* handshake = nullptr;
};

void answer_child(IkeSa& sa, const FirstChild& wanted, IkePayloads& answer, TimePoint now) {
  // RFC 6023: an IKE SA without a child is no error.
  if (!wanted.request->sa) return;
  Result<ChildChoice, ChildRefusal> choice =
      ChildChoice::make(sa, *wanted.request, child_suite_policy(sa, ChildExchangeRole::kInAuth));
  if (!choice) {
    answer.add_notify(choice.error().notify);
    sa.say_trouble(choice.error().what);
    return;
  }
  const ChildKeySource source{.nonces = {.initiator = wanted.handshake->nonce_initiator,
                                         .responder = wanted.handshake->nonce_responder}};
  send_on(sa, choice->install(sa, source, answer, now));
}

// The suite was chosen before it was known for whom; it is strong, but perhaps not what was wished.
bool has_wished_suite(const IkeSa& sa) {
  const IkePeerConfig& peer = *sa.peer();
  const IkeSuite& suite = sa.facts().suite;
  return std::ranges::find(peer.ike_ciphers, suite.encryption) != peer.ike_ciphers.end() &&
         std::ranges::find(peer.groups, suite.group) != peer.groups.end();
}

}  // namespace

IkePayloads answer_ike_auth(IkeSa& sa, const IkeRequest& received, TimePoint now) {
  const IkePayloads& request = *received.payloads;
  if (!request.id_initiator || !request.auth) {
    return refuse(sa, NotifyType::kInvalidSyntax, "the peer's IKE_AUTH lacks identity or proof");
  }
  if (!find_peer(sa, *request.id_initiator)) {
    return refuse(sa, NotifyType::kAuthenticationFailed,
                  "no peer has the identity " + request.id_initiator->to_string());
  }
  const Result<PpkVerdict, AuthFailure> verified = verify(sa, request, now);
  if (!verified) {
    return refuse(sa, NotifyType::kAuthenticationFailed, verified.error().sentence);
  }
  learn(sa, request, received.from);
  const Result<AuthPayload, AuthFailure> proof =
      make_auth(sa.environment().local, sa.peer()->auth,
                auth_input(sa, false, sa.facts().local_identity), sa.handshake()->peer_hashes);
  if (!proof) return refuse(sa, NotifyType::kAuthenticationFailed, proof.error().sentence);

  IkePayloads answer;
  answer.id_responder = sa.facts().local_identity;
  answer.auth = *proof;
  answer.certificates = certificates_to_send(sa.environment().local, sa.peer()->auth);
  if (*verified == PpkVerdict::kUse) confirm_ppk(answer);
  sa.facts().post_quantum_key = *verified == PpkVerdict::kUse;
  if (sa.facts().mobike) answer.add_notify(NotifyType::kMobikeSupported);
  if (sa.facts().is_hawser) answer.vendor_ids.push_back(hawser_vendor_id());
  const bool has_addresses = give_addresses(sa, request, answer);
  const IkeHandshake handshake = std::move(*sa.handshake());
  conclude_ike_auth(sa, now);
  if (!has_wished_suite(sa)) request_ike_rekey(sa, now);
  if (has_addresses) {
    answer_child(sa, {.request = &request, .handshake = &handshake}, answer, now);
  } else {
    answer.add_notify(NotifyType::kInternalAddressFailure);
    sa.say_trouble("the peer asks for an address, and the pool has none");
  }
  return answer;
}

}  // namespace hawser
