// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ike-lite/ike_message.h"

namespace hawser {

// Puts authentic fragments of a message together (RFC 7383 section 2.6). Keeps one message of each
// kind, request and response, at a time, of at most kMaxFragments and kMaxBytes: a later message
// ID or a larger total begins anew; an earlier ID or a smaller total is dropped.
class FragmentAssembler {
 public:
  static constexpr std::uint16_t kMaxFragments = 64;
  static constexpr std::size_t kMaxBytes = 65536;

  struct Complete {
    std::uint8_t first_payload = 0;
    std::vector<std::uint8_t> inside;
  };
  // `inside` is the opened content of the fragment that `part` describes.
  std::optional<Complete> add(const EncryptedPart& part, std::vector<std::uint8_t> inside);

 private:
  struct Message {
    MessageId id;
    std::uint8_t first_payload = 0;
    std::vector<std::optional<std::vector<std::uint8_t>>> parts;
    std::size_t received = 0;
    std::size_t bytes = 0;
  };
  static Complete take(Message& message);

  std::array<Message, 2> messages_;  // of requests, of responses
};

}  // namespace hawser
