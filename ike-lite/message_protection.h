// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "ike-lite/fragment_assembler.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_message.h"

namespace hawser {

using Datagrams = std::vector<std::vector<std::uint8_t>>;  // without the non-ESP marker

// Seals and opens the SK and SKF payloads of one IKE SA (RFC 7296 section 3.14, RFC 5282,
// RFC 7383). The IV is a counter: each message is sealed once, and sent again as it is.
class MessageProtection {
 public:
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
    // The message as if it had not been fragmented: header, SK generic header, IV, content
    // (RFC 9242 needs it).
  };
  // Overwrites the datagram. Of a fragmented message the result comes with the last fragment.
  Result<Opened, OpenError> open(MutableByteSpan datagram);

 private:
  MessageProtection(SaKey seal_key, std::unique_ptr<Aead> seal, SaKey open_key,
                    std::unique_ptr<Aead> open);
  Result<std::vector<std::uint8_t>, OpenError> open_part(MutableByteSpan datagram,
                                                         const EncryptedPart& part);
  std::array<std::uint8_t, kAeadSaltSize> seal_salt_{};
  std::array<std::uint8_t, kAeadSaltSize> open_salt_{};
  std::unique_ptr<Aead> seal_;
  std::unique_ptr<Aead> open_;
  std::uint64_t next_iv_ = 1;
  FragmentAssembler fragments_;
};

}  // namespace hawser
