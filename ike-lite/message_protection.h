// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sa_key.h"
#include "ike-lite/fragment_assembler.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_message.h"

namespace hawser {

using Datagrams = std::vector<std::vector<std::uint8_t>>;  // without the non-ESP marker

// Seals and opens the SK and SKF payloads of one IKE SA (RFC 7296 section 3.14, RFC 5282,
// RFC 7383). The IV is a counter: each message is sealed once, and sent again as it is. Keeps the
// two keys and no key schedule: an IKE SA seals two messages in many seconds, and a gateway has ten
// thousand of them.
class MessageProtection {
 public:
  // Fragments are not made for less, so that few of them hold any message.
  static constexpr std::size_t kMinDatagram = 256;

  // With SK_ei for what the initiator of the IKE SA sends, SK_er for what its responder does.
  static Result<MessageProtection, AeadError> make(const IkeKeys& keys, bool we_are_initiator);

  // One datagram, or fragments if `max_datagram` is not 0 and the message would be larger.
  // Next payload and length of the header are filled in.
  Datagrams seal(IkeHeader header, const SerializedPayloads& inside, std::size_t max_datagram);

  enum class OpenError : std::uint8_t {
    kMalformed,
    kNotAuthentic,
    kIncomplete,  // an authentic fragment; others are missing
  };
  struct Opened {
    IkeHeader header;
    std::uint8_t first_payload = 0;
    std::vector<std::uint8_t> inside;  // the chain of payloads, without padding
  };
  // Overwrites the datagram. Of a fragmented message the result comes with the last fragment. What
  // is not authentic changes nothing.
  Result<Opened, OpenError> open(MutableByteSpan datagram);

 private:
  struct FragmentNumber {
    std::uint16_t number = 0;
    std::uint16_t total = 0;  // 0: an SK payload
  };
  MessageProtection(SaKey seal_key, SaKey open_key)
      : seal_key_(std::move(seal_key)), open_key_(std::move(open_key)) {}
  std::vector<std::uint8_t> seal_part(IkeHeader header, std::uint8_t first_payload, ByteSpan inside,
                                      FragmentNumber fragment);

  SaKey seal_key_;
  SaKey open_key_;
  std::uint64_t next_iv_ = 1;
  FragmentAssembler fragments_;
};

}  // namespace hawser
