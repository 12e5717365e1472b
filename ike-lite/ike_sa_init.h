// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ike-lite/ike_message.h"
#include "ike-lite/ike_sa.h"

namespace hawser {

// IKE_SA_INIT (RFC 7296 section 1.2): neither end knows yet to whom it speaks.

// As initiator: sends the first request of an IKE SA in kInitSent.
void begin_ike_sa_init(IkeSa& sa, TimePoint now);
// The answer, which nobody authenticated: a cookie to show, another group to use, or keys; then
// IKE_AUTH goes out. An error is only remembered (RFC 7296 section 2.21.1).
MessageFate handle_init_response(IkeSa& sa, const AddressPair& from, ByteSpan message,
                                 TimePoint now);

// As responder: the answer to a request, and the half-open IKE SA if there is one now.
struct InitAnswer {
  std::unique_ptr<IkeSa> sa;          // null if refused
  std::vector<std::uint8_t> refusal;  // then this message, unless empty
  std::string what;                   // and why, for people
};
struct InitRequest {
  const IkeMessage* message = nullptr;
  ByteSpan octets;
  AddressPair from;
};
InitAnswer answer_ike_sa_init(IkeEnvironment& environment, const InitRequest& request,
                              TimePoint now);
// A message without any state: an error or a cookie instead of an answer.
std::vector<std::uint8_t> refuse_ike_sa_init(const IkeHeader& request, NotifyType notify,
                                             std::vector<std::uint8_t> data);
// The keys of a half-open IKE SA, made when the first protected message comes (RFC 8019 section
// 4.3.1: not before it must be). False: the peer's public value is bad; the SA is dead then.
bool make_half_open_keys(IkeSa& sa);

}  // namespace hawser
