// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/message_protection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "crypto/aead_message.h"

namespace hawser {
namespace {

constexpr std::size_t kIvSize = 8;
constexpr std::size_t kGenericHeaderSize = 4;
constexpr std::size_t kFragmentNumbersSize = 4;
constexpr std::size_t kPadLengthSize = 1;
constexpr std::size_t kSkOverhead =
    IkeHeader::kSize + kGenericHeaderSize + kIvSize + kPadLengthSize + kAeadIcvSize;
constexpr std::size_t kSkfOverhead = kSkOverhead + kFragmentNumbersSize;

// RFC 5282 section 4: salt | IV.
std::array<std::uint8_t, kAeadNonceSize> nonce_of(const SaKey& key, ByteSpan iv) {
  std::array<std::uint8_t, kAeadNonceSize> nonce;
  const auto rest = std::ranges::copy(key.salt(), nonce.begin()).out;
  std::ranges::copy(iv, rest);
  return nonce;
}

}  // namespace

Result<MessageProtection, AeadError> MessageProtection::make(const IkeKeys& keys,
                                                             bool we_are_initiator) {
  if (!keys.sk_ei.is_complete() || !keys.sk_er.is_complete()) return failure(AeadError::kKeySize);
  const SaKey& seal = we_are_initiator ? keys.sk_ei : keys.sk_er;
  const SaKey& open = we_are_initiator ? keys.sk_er : keys.sk_ei;
  return MessageProtection(seal.clone(), open.clone());
}

Datagrams MessageProtection::seal(IkeHeader header, const SerializedPayloads& inside,
                                  std::size_t max_datagram) {
  Datagrams datagrams;
  if (max_datagram == 0 || kSkOverhead + inside.bytes.size() <= max_datagram) {
    datagrams.push_back(seal_part(header, inside.first, inside.bytes, {}));
    return datagrams;
  }
  const std::size_t room = std::max(max_datagram, kMinDatagram) - kSkfOverhead;
  const std::size_t total = std::max<std::size_t>((inside.bytes.size() + room - 1) / room, 1);
  assert(total <= FragmentAssembler::kMaxFragments);
  ByteSpan rest = inside.bytes;
  for (std::size_t number = 1; number <= total; ++number) {
    const ByteSpan part = rest.first(std::min(room, rest.size()));
    rest = rest.subspan(part.size());
    // RFC 7383 section 2.5: next payload is 0 in all but the first.
    datagrams.push_back(seal_part(header, number == 1 ? inside.first : std::uint8_t{0}, part,
                                  {.number = static_cast<std::uint16_t>(number),
                                   .total = static_cast<std::uint16_t>(total)}));
  }
  return datagrams;
}

// header | next 1, C 1, length 2 | [number 2, total 2] | IV 8 | payloads, pad length 1 | ICV 16.
// What stands before the IV is the additional data (RFC 5282 section 5.1, RFC 7383 section 2.5).
// No padding: an AEAD needs none.
std::vector<std::uint8_t> MessageProtection::seal_part(IkeHeader header, std::uint8_t first_payload,
                                                       ByteSpan inside, FragmentNumber fragment) {
  const bool is_fragment = fragment.total != 0;
  const std::size_t size = inside.size() + (is_fragment ? kSkfOverhead : kSkOverhead);
  assert(size - IkeHeader::kSize <= UINT16_MAX);
  header.next_payload = static_cast<std::uint8_t>(is_fragment ? PayloadType::kEncryptedFragment
                                                              : PayloadType::kEncrypted);
  header.length = static_cast<std::uint32_t>(size);
  std::vector<std::uint8_t> message(size);
  ByteWriter writer(message);
  header.serialize(writer);
  writer.write_u8(first_payload);
  writer.write_u8(0);
  writer.write_u16(static_cast<std::uint16_t>(size - IkeHeader::kSize));
  if (is_fragment) {
    writer.write_u16(fragment.number);
    writer.write_u16(fragment.total);
  }
  const ByteSpan aad = writer.written();
  writer.write_u64(next_iv_++);
  const ByteSpan iv = writer.written().last(kIvSize);
  const std::size_t body = writer.size();
  writer.write_bytes(inside);
  writer.write_u8(0);
  assert(writer.ok() && writer.size() + kAeadIcvSize == size);

  const auto nonce = nonce_of(seal_key_, iv);
  seal_message(seal_key_.algorithm, seal_key_.key(),
               {.nonce = nonce,
                .aad = aad,
                .data = MutableByteSpan(message).subspan(body, inside.size() + kPadLengthSize),
                .icv = MutableByteSpan(message).last(kAeadIcvSize)});
  return message;
}

Result<MessageProtection::Opened, MessageProtection::OpenError> MessageProtection::open(
    MutableByteSpan datagram) {
  const auto part = EncryptedPart::parse(datagram);
  if (!part) return failure(OpenError::kMalformed);
  const MutableByteSpan body = datagram.subspan(part->body_offset);
  if (body.size() < kIvSize + kPadLengthSize + kAeadIcvSize) return failure(OpenError::kMalformed);

  const auto nonce = nonce_of(open_key_, body.first(kIvSize));
  const MutableByteSpan text = body.subspan(kIvSize, body.size() - kIvSize - kAeadIcvSize);
  const bool is_authentic = open_message(open_key_.algorithm, open_key_.key(),
                                         {.nonce = nonce,
                                          .aad = datagram.first(part->aad_size),
                                          .data = text,
                                          .icv = body.last(kAeadIcvSize)});
  if (!is_authentic) return failure(OpenError::kNotAuthentic);
  // RFC 7296 section 3.14: the pad length does not count itself; what the padding is does not
  // matter.
  const std::size_t padding = std::size_t{text.back()} + kPadLengthSize;
  if (padding > text.size()) return failure(OpenError::kMalformed);
  const ByteSpan inside = text.first(text.size() - padding);

  Opened opened{.header = part->header,
                .first_payload = part->first_inner_payload,
                .inside = {inside.begin(), inside.end()}};
  if (!part->is_fragment) return opened;
  auto complete = fragments_.add(*part, std::move(opened.inside));
  if (!complete) return failure(OpenError::kIncomplete);
  opened.first_payload = complete->first_payload;
  opened.inside = std::move(complete->inside);
  return opened;
}

}  // namespace hawser
