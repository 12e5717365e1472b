// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/message_protection.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/aead_message.h"
#include "tests/ike-lite/ike_capture.h"

namespace hawser {
namespace {

using OpenError = MessageProtection::OpenError;

constexpr AeadAlgorithm kAeads[] = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                                    AeadAlgorithm::kChaCha20Poly1305};

IkeHeader make_header() {
  return {.spi_initiator = IkeSpi(0x0102030405060708),
          .spi_responder = IkeSpi(0x1112131415161718),
          .exchange = static_cast<std::uint8_t>(ExchangeType::kInformational),
          .from_initiator = true,
          .message_id = MessageId(2)};
}

SerializedPayloads make_inside(std::size_t size) {
  SerializedPayloads inside{.first = 41, .bytes = Bytes(size)};
  for (std::size_t i = 0; i < size; ++i) inside.bytes[i] = static_cast<std::uint8_t>(i * 7);
  return inside;
}

MessageProtection make(const IkeKeys& keys, bool we_are_initiator) {
  return std::move(*MessageProtection::make(keys, we_are_initiator));
}

struct Ends {
  explicit Ends(AeadAlgorithm algorithm = AeadAlgorithm::kAes256Gcm)
      : keys(test::made_up_keys(algorithm)) {}
  IkeKeys keys;
  MessageProtection initiator = make(keys, true);
  MessageProtection responder = make(keys, false);
};

TEST(MessageProtection, OpensACapture) {
  for (const char* name : {"psk", "raw"}) {
    const test::IkeCapture capture(name);
    MessageProtection initiator = make(capture.keys(), true);
    MessageProtection responder = make(capture.keys(), false);
    Bytes request = capture.hex("ike_auth_i");
    const auto opened = responder.open(request);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->header.message_id, MessageId(1));
    const auto payloads = parse_payloads(opened->first_payload, opened->inside);
    ASSERT_TRUE(payloads);
    EXPECT_EQ(payloads->auth->data.size(), capture.hex("auth_i").size());
    EXPECT_EQ(payloads->id_initiator->to_string(), "cl.lab");

    Bytes response = capture.hex("ike_auth_r");
    const auto answer = initiator.open(response);
    ASSERT_TRUE(answer);
    EXPECT_EQ(parse_payloads(answer->first_payload, answer->inside)->id_responder->to_string(),
              "gw.lab");
  }
}

TEST(MessageProtection, RoundTripInBothDirections) {
  for (const AeadAlgorithm algorithm : kAeads) {
    Ends ends(algorithm);
    for (const std::size_t size : {0, 1, 15, 16, 17, 1000, 60000}) {
      const auto inside = make_inside(size);
      Datagrams sent = ends.initiator.seal(make_header(), inside, 0);
      ASSERT_EQ(sent.size(), 1u);
      EXPECT_EQ(sent[0].size(), size + 57);
      EXPECT_EQ(IkeHeader::parse(sent[0])->length, sent[0].size());
      EXPECT_EQ(IkeHeader::parse(sent[0])->next_payload, 46);
      const auto opened = ends.responder.open(sent[0]);
      ASSERT_TRUE(opened);
      EXPECT_EQ(opened->first_payload, 41);
      EXPECT_EQ(opened->inside, inside.bytes);

      Datagrams back = ends.responder.seal(make_header(), inside, 0);
      EXPECT_TRUE(ends.initiator.open(back[0]));
    }
  }
}

// A reflected message is under the key of the other direction.
TEST(MessageProtection, ReflectionIsNotAuthentic) {
  Ends ends;
  Datagrams sent = ends.initiator.seal(make_header(), make_inside(10), 0);
  EXPECT_EQ(ends.initiator.open(sent[0]).error(), OpenError::kNotAuthentic);
}

TEST(MessageProtection, TheIvIsNeverUsedTwice) {
  Ends ends;
  std::vector<Bytes> ivs;
  for (int i = 0; i < 10; ++i) {
    for (const Bytes& datagram : ends.initiator.seal(make_header(), make_inside(1000), 300)) {
      ivs.emplace_back(datagram.begin() + 36, datagram.begin() + 44);
    }
    const Bytes whole = ends.initiator.seal(make_header(), make_inside(10), 0)[0];
    ivs.emplace_back(whole.begin() + 32, whole.begin() + 40);
  }
  std::ranges::sort(ivs);
  EXPECT_EQ(std::ranges::adjacent_find(ivs), ivs.end());
}

TEST(MessageProtection, EveryChangedBitIsSeenAndEveryTruncation) {
  Ends ends;
  const Bytes sent = ends.initiator.seal(make_header(), make_inside(20), 0)[0];
  for (std::size_t bit = 0; bit < 8 * sent.size(); ++bit) {
    Bytes changed = sent;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(ends.responder.open(changed)) << bit;
  }
  for (std::size_t size = 0; size < sent.size(); ++size) {
    Bytes cut(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(ends.responder.open(cut).error(), OpenError::kMalformed) << size;
    if (size < IkeHeader::kSize + 4) continue;
    // Also if both lengths are true again.
    store_be32(cut.data() + 24, static_cast<std::uint32_t>(size));
    store_be16(cut.data() + 30, static_cast<std::uint16_t>(size - IkeHeader::kSize));
    EXPECT_FALSE(ends.responder.open(cut)) << size;
  }
  Bytes same = sent;
  EXPECT_TRUE(ends.responder.open(same)) << "what failed before changed nothing";
}

// A message of the initiator with this under its encryption, padding and all.
Bytes seal_text(const Ends& ends, Bytes text) {
  Bytes message(40);
  IkeHeader header = make_header();
  header.next_payload = static_cast<std::uint8_t>(PayloadType::kEncrypted);
  header.length = static_cast<std::uint32_t>(40 + text.size() + kAeadIcvSize);
  ByteWriter writer(message);
  header.serialize(writer);
  writer.write_u16(41 << 8);
  writer.write_u16(static_cast<std::uint16_t>(header.length - IkeHeader::kSize));
  writer.write_u64(77);
  Bytes nonce = test::octets_of(ends.keys.sk_ei.salt());
  nonce.insert(nonce.end(), message.end() - 8, message.end());
  Bytes icv(kAeadIcvSize);
  seal_message(ends.keys.sk_ei.algorithm, ends.keys.sk_ei.key(),
               {.nonce = nonce, .aad = ByteSpan(message).first(32), .data = text, .icv = icv});
  message.insert(message.end(), text.begin(), text.end());
  message.insert(message.end(), icv.begin(), icv.end());
  return message;
}

// RFC 7296 section 3.14: up to 255 octets of any content, and their number.
TEST(MessageProtection, PaddingIsTakenOff) {
  Ends ends;
  const Bytes inside = {1, 2, 3, 4};
  for (const std::size_t padding : {0, 1, 16, 255}) {
    Bytes text = inside;
    text.resize(text.size() + padding, 0xaa);
    text.push_back(static_cast<std::uint8_t>(padding));
    Bytes message = seal_text(ends, text);
    const auto opened = ends.responder.open(message);
    ASSERT_TRUE(opened) << padding;
    EXPECT_EQ(opened->inside, inside);
  }
  Bytes only_padding = seal_text(ends, {0xaa, 0xaa, 2});
  EXPECT_EQ(ends.responder.open(only_padding)->inside, Bytes());
  Bytes too_much = seal_text(ends, {0xaa, 0xaa, 3});
  EXPECT_EQ(ends.responder.open(too_much).error(), OpenError::kMalformed);
}

class Fragmented : public ::testing::Test {
 protected:
  static constexpr std::size_t kMax = 300;

  Ends ends_;
  const SerializedPayloads inside_ = make_inside(1000);
  const Datagrams sent_ = ends_.initiator.seal(make_header(), inside_, kMax);

  Result<MessageProtection::Opened, OpenError> open(Bytes datagram) {
    return ends_.responder.open(datagram);
  }
};

TEST_F(Fragmented, OctetsOfEach) {
  ASSERT_EQ(sent_.size(), 5u);
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    EXPECT_LE(sent_[i].size(), kMax);
    const auto part = EncryptedPart::parse(sent_[i]);
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->is_fragment);
    EXPECT_EQ(part->fragment, i + 1);
    EXPECT_EQ(part->fragments, 5);
    EXPECT_EQ(part->aad_size, 36u) << "up to and with the total";
    EXPECT_EQ(part->header.message_id, MessageId(2));
    EXPECT_EQ(part->first_inner_payload, i == 0 ? 41 : 0);
  }
}

TEST_F(Fragmented, ComeInAnyOrderAndTwice) {
  for (const std::size_t i : {4, 2, 2, 0, 3}) {
    EXPECT_EQ(open(sent_[i]).error(), OpenError::kIncomplete) << i;
  }
  const auto opened = open(sent_[1]);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->first_payload, 41);
  EXPECT_EQ(opened->inside, inside_.bytes);
}

TEST_F(Fragmented, AForgedFragmentDoesNotTakeAPlace) {
  for (std::size_t i = 0; i < 4; ++i) {
    for (const std::size_t position : {33, 35, 50, 100}) {
      Bytes forged = sent_[i];
      forged[position] ^= 1;
      EXPECT_NE(open(forged).error(), OpenError::kIncomplete) << i << " " << position;
    }
    EXPECT_EQ(open(sent_[i]).error(), OpenError::kIncomplete);
  }
  const auto opened = open(sent_[4]);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->inside, inside_.bytes);
}

TEST_F(Fragmented, ASenderThatCutsSmallerIsFollowed) {
  EXPECT_EQ(open(sent_[0]).error(), OpenError::kIncomplete);
  const Datagrams smaller = ends_.initiator.seal(make_header(), inside_, 256);
  ASSERT_GT(smaller.size(), sent_.size());
  for (std::size_t i = 1; i < smaller.size(); ++i) {
    EXPECT_EQ(open(smaller[i]).error(), OpenError::kIncomplete);
  }
  EXPECT_EQ(open(sent_[1]).error(), OpenError::kIncomplete);
  const auto opened = open(smaller[0]);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->inside, inside_.bytes);
}

TEST_F(Fragmented, OnlyWhatDoesNotFit) {
  for (std::size_t size = 200; size < 290; ++size) {
    const Datagrams datagrams = ends_.initiator.seal(make_header(), make_inside(size), kMax);
    EXPECT_EQ(datagrams.size(), size + 57 <= kMax ? 1u : 2u) << size;
    for (const Bytes& datagram : datagrams) EXPECT_LE(datagram.size(), kMax);
  }
}

TEST(MessageProtectionKeys, MustHaveTheirSize) {
  IkeKeys keys = test::made_up_keys(AeadAlgorithm::kAes256Gcm);
  keys.sk_er.key_and_salt = Secret(32);
  EXPECT_EQ(MessageProtection::make(keys, true).error(), AeadError::kKeySize);
}

}  // namespace
}  // namespace hawser
