// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_config_change.h"

#include <algorithm>

namespace hawser {
namespace {

bool same_auth(const PeerAuth& before, const PeerAuth& after) {
  if (before.index() != after.index()) return false;
  if (const auto* raw = std::get_if<RawKeyAuth>(&before)) {
    return raw->key == std::get<RawKeyAuth>(after).key;
  }
  if (const auto* shared = std::get_if<SharedKeyAuth>(&before)) {
    return equal_in_constant_time(shared->key.bytes(), std::get<SharedKeyAuth>(after).key.bytes());
  }
  return std::ranges::equal(std::get<CertificateAuth>(before).store.anchor_key_hashes(),
                            std::get<CertificateAuth>(after).store.anchor_key_hashes());
}

bool same_ppk(const std::optional<PostQuantumKey>& before,
              const std::optional<PostQuantumKey>& after) {
  if (before.has_value() != after.has_value()) return false;
  return !before || (before->id == after->id && before->required == after->required &&
                     equal_in_constant_time(before->key.bytes(), after->key.bytes()));
}

}  // namespace

bool keeps_ike_sas(const IkeLocalConfig& before, const IkeLocalConfig& after) {
  if (!before.identity.same_as(after.identity)) return false;
  if (before.raw_key.has_value() != after.raw_key.has_value()) return false;
  if (before.raw_key && before.raw_key->public_key() != after.raw_key->public_key()) return false;
  return std::ranges::equal(before.certificates, after.certificates,
                            [](const Certificate& one, const Certificate& other) {
                              return std::ranges::equal(one.der(), other.der());
                            });
}

bool keeps_ike_sas(const IkePeerConfig& before, const IkePeerConfig& after) {
  // A host name has no address yet when it is configured again: the one that was found stays.
  const bool same_endpoint = !after.endpoint || before.endpoint == after.endpoint;
  return same_endpoint && before.interop == after.interop &&
         before.identity.same_as(after.identity) && before.local_identity == after.local_identity &&
         same_auth(before.auth, after.auth) &&
         same_ppk(before.post_quantum_key, after.post_quantum_key) &&
         before.ike_ciphers == after.ike_ciphers && before.esp_ciphers == after.esp_ciphers &&
         before.groups == after.groups && before.pfs == after.pfs && before.local == after.local &&
         before.remote == after.remote && before.request_address == after.request_address &&
         before.give_address == after.give_address && before.child_sas == after.child_sas &&
         before.path_slots == after.path_slots;
}

}  // namespace hawser
