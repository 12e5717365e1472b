// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/fragment_assembler.h"

#include <utility>

namespace hawser {

std::optional<FragmentAssembler::Complete> FragmentAssembler::add(
    const EncryptedPart& part, std::vector<std::uint8_t> inside) {
  if (part.fragments > kMaxFragments || part.fragment == 0 || part.fragment > part.fragments) {
    return std::nullopt;
  }
  Message& message = messages_[part.header.is_response ? 1 : 0];
  if (!message.parts.empty()) {
    // IDs only grow, so that an older fragment is a repeated one, which anybody can send.
    if (part.header.message_id < message.id) return std::nullopt;
    // RFC 7383 section 2.6: who cuts anew, cuts smaller.
    const bool is_same = part.header.message_id == message.id;
    if (is_same && part.fragments < message.parts.size()) return std::nullopt;
    if (!is_same || part.fragments > message.parts.size()) message = Message();
  }
  if (message.parts.empty()) {
    message.id = part.header.message_id;
    message.parts.resize(part.fragments);
  }

  std::optional<std::vector<std::uint8_t>>& slot = message.parts[part.fragment - 1];
  if (slot) return std::nullopt;
  if (message.bytes + inside.size() > kMaxBytes) {
    message = Message();
    return std::nullopt;
  }
  // RFC 7383 section 2.5: only the first fragment names the first payload.
  if (part.fragment == 1) message.first_payload = part.first_inner_payload;
  message.bytes += inside.size();
  slot = std::move(inside);
  if (++message.received < message.parts.size()) return std::nullopt;
  return take(message);
}

FragmentAssembler::Complete FragmentAssembler::take(Message& message) {
  Complete complete{.first_payload = message.first_payload};
  complete.inside.reserve(message.bytes);
  for (const auto& part : message.parts) {
    complete.inside.insert(complete.inside.end(), part->begin(), part->end());
  }
  message = Message();
  return complete;
}

}  // namespace hawser
