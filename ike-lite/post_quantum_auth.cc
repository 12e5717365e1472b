// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/post_quantum_auth.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace hawser {
namespace {

// RFC 8784 section 5.1: the kind of identifier that both ends were given.
constexpr std::uint8_t kFixedPpkId = 2;

std::vector<std::uint8_t> identity_of(const PostQuantumKey& key) {
  std::vector<std::uint8_t> data(1 + key.id.size(), kFixedPpkId);
  std::ranges::copy(key.id, data.begin() + 1);
  return data;
}

AuthFailure fail(std::string sentence) {
  return {AuthError::kNoPostQuantumKey, std::move(sentence)};
}

}  // namespace

// RFC 8784 section 4.
Result<PpkUse, AuthFailure> choose_ppk_as_initiator(const std::optional<PostQuantumKey>& key,
                                                    bool peer_uses_ppk) {
  if (!key) return PpkUse::kNone;
  if (peer_uses_ppk) return key->required ? PpkUse::kRequired : PpkUse::kOptional;
  if (!key->required) return PpkUse::kNone;
  return failure(fail("peer does not use post-quantum keys (RFC 8784); one is required here"));
}

Result<bool, AuthFailure> conclude_ppk_as_initiator(PpkUse use, const IkePayloads& response) {
  const bool confirmed = response.find(NotifyType::kPpkIdentity) != nullptr;
  if (use == PpkUse::kRequired && !confirmed) {
    return failure(fail("peer did not confirm the post-quantum key, which is required here"));
  }
  return use != PpkUse::kNone && confirmed;
}

Result<PpkVerdict, AuthFailure> choose_ppk_as_responder(const std::optional<PostQuantumKey>& key,
                                                        const IkePayloads& request) {
  const NotifyPayload* const identity = request.find(NotifyType::kPpkIdentity);
  if (identity == nullptr) {
    if (!key || !key->required) return PpkVerdict::kNone;
    return failure(fail("peer does not use the post-quantum key, which is required here"));
  }
  if (key && std::ranges::equal(identity->data, identity_of(*key))) return PpkVerdict::kUse;
  if (key && key->required) {
    return failure(fail("peer uses another post-quantum key than the one that is required here"));
  }
  if (request.find(NotifyType::kNoPpkAuth) != nullptr) return PpkVerdict::kFallBack;
  return failure(fail("peer requires a post-quantum key that is not configured here"));
}

void add_ppk_identity(IkePayloads& request, const PostQuantumKey& key) {
  request.add_notify(NotifyType::kPpkIdentity, identity_of(key));
}

void add_no_ppk_auth(IkePayloads& request, const AuthPayload& auth_without) {
  request.add_notify(NotifyType::kNoPpkAuth, auth_without.data);
}

AuthPayload no_ppk_auth_of(const IkePayloads& request) {
  const NotifyPayload* const notify = request.find(NotifyType::kNoPpkAuth);
  return {.method = request.auth ? request.auth->method : std::uint8_t{0},
          .data = notify == nullptr ? std::vector<std::uint8_t>() : notify->data};
}

void confirm_ppk(IkePayloads& response) { response.add_notify(NotifyType::kPpkIdentity); }

}  // namespace hawser
