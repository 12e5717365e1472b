// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ike-lite/ike_message.h"

namespace hawser {

// Puts authentic fragments of one message together (RFC 7383 section 2.6). Keeps one message at a
// time, of at most kMaxFragments and kMaxBytes: another message ID or direction, or a larger total,
// begins anew; a smaller total is dropped.
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
  struct Key {
    MessageId id;
    bool is_response = false;
    friend bool operator==(const Key&, const Key&) = default;
  };
  Key key_;
  std::uint8_t first_payload_ = 0;
  std::vector<std::optional<std::vector<std::uint8_t>>> parts_;
  std::size_t bytes_ = 0;
};

}  // namespace hawser
