// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "ike-lite/auth_failure.h"
#include "ike-lite/ike_config.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// Post-quantum pre-shared keys (RFC 8784), as decisions; mix_post_quantum_key() makes the keys.
// Where one is required there is no way without it.

enum class PpkUse : std::uint8_t {
  kNone,      // AUTH with the keys as they are
  kOptional,  // AUTH with it, and in NO_PPK_AUTH the proof without it
  kRequired,  // AUTH with it
};
// Of the initiator before IKE_AUTH. `peer_uses_ppk`: USE_PPK was in the answer to IKE_SA_INIT.
Result<PpkUse, AuthFailure> choose_ppk_as_initiator(const std::optional<PostQuantumKey>& key,
                                                    bool peer_uses_ppk);
// Of the initiator when IKE_AUTH was answered: true if the responder used it too.
Result<bool, AuthFailure> conclude_ppk_as_initiator(PpkUse use, const IkePayloads& response);

enum class PpkVerdict : std::uint8_t {
  kNone,      // verify AUTH with the keys as they are
  kUse,       // verify AUTH with it, answer with it, and confirm by an empty PPK_IDENTITY
  kFallBack,  // verify NO_PPK_AUTH instead of AUTH, with the keys as they are
};
// Of the responder, when IDi named the peer.
Result<PpkVerdict, AuthFailure> choose_ppk_as_responder(const std::optional<PostQuantumKey>& key,
                                                        const IkePayloads& request);

// The request's notifies. `auth_without` is the AUTH payload made with the keys as they are.
void add_ppk_identity(IkePayloads& request, const PostQuantumKey& key);
void add_no_ppk_auth(IkePayloads& request, const AuthPayload& auth_without);
// The AUTH payload that NO_PPK_AUTH stands for: of the same method.
AuthPayload no_ppk_auth_of(const IkePayloads& request);
// The responder's confirmation.
void confirm_ppk(IkePayloads& response);

}  // namespace hawser
