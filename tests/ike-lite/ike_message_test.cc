// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_message.h"

#include <gtest/gtest.h>

#include "ike-lite/message_protection.h"
#include "tests/crypto/vector_file.h"
#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

using test::hex;

void set_length(Bytes& message) {
  store_be32(message.data() + 24, static_cast<std::uint32_t>(message.size()));
}

TEST(IkeHeader, OctetsAndRoundTrip) {
  const Bytes octets = hex("0102030405060708 1112131415161718 21 20 22 28 00000007 0000001c");
  const auto header = IkeHeader::parse(octets);
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (IkeHeader{.spi_initiator = IkeSpi(0x0102030405060708),
                                .spi_responder = IkeSpi(0x1112131415161718),
                                .next_payload = 33,
                                .exchange = 34,
                                .from_initiator = true,
                                .is_response = true,
                                .message_id = MessageId(7),
                                .length = 28}));
  Bytes written(IkeHeader::kSize);
  ByteWriter writer(written);
  header->serialize(writer);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(written, octets);
}

TEST(IkeHeader, Flags) {
  Bytes octets(28);
  octets[17] = 0x3f;
  for (unsigned flags = 0; flags < 256; ++flags) {
    octets[19] = static_cast<std::uint8_t>(flags);
    const auto header = IkeHeader::parse(octets);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->from_initiator, (flags & 0x08) != 0);
    EXPECT_EQ(header->is_response, (flags & 0x20) != 0);
    EXPECT_EQ(header->major_version, 3);
    EXPECT_EQ(header->minor_version, 15);
    Bytes written(28);
    ByteWriter writer(written);
    header->serialize(writer);
    EXPECT_EQ(written[19], flags & 0x28) << "reserved bits, and V, are sent as 0";
  }
}

TEST(IkeHeader, EveryTruncation) {
  const Bytes octets(28);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(IkeHeader::parse(ByteSpan(octets).first(size))) << size;
  }
}

class CapturedMessages : public testing::TestWithParam<const char*> {
 protected:
  const test::VectorCase values_ =
      test::read_vectors("ike/" + std::string(GetParam()) + ".txt").at(0);
};

TEST_P(CapturedMessages, IkeSaInit) {
  for (const char* name : {"ike_sa_init_i", "ike_sa_init_r"}) {
    const Bytes octets = values_.hex(name);
    const auto message = IkeMessage::parse(octets);
    ASSERT_TRUE(message) << name;
    const bool is_response = name == std::string("ike_sa_init_r");
    EXPECT_EQ(message->header.exchange, 34);
    EXPECT_EQ(message->header.is_response, is_response);
    EXPECT_EQ(message->header.from_initiator, !is_response);
    EXPECT_EQ(message->header.spi_initiator, IkeSpi(load_be64(values_.hex("spi_i").data())));
    EXPECT_EQ(message->payloads.nonce, values_.hex(is_response ? "nr" : "ni"));
    ASSERT_TRUE(message->payloads.key_exchange && message->payloads.sa);
    EXPECT_EQ(message->payloads.key_exchange->group, kGroupX25519);
    ASSERT_NE(message->payloads.find(NotifyType::kSignatureHashAlgorithms), nullptr);
    EXPECT_EQ(message->payloads.find(NotifyType::kSignatureHashAlgorithms)->data,
              hex("0002000300040005"));
    EXPECT_EQ(message->serialize(), octets) << name;
  }
}

TEST_P(CapturedMessages, EveryTruncationOfIkeSaInit) {
  const Bytes octets = values_.hex("ike_sa_init_i");
  for (std::size_t size = 0; size < octets.size(); ++size) {
    Bytes cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(IkeMessage::parse(cut).error(), WireFailure{}) << size;
    if (size < IkeHeader::kSize) continue;
    set_length(cut);
    EXPECT_EQ(IkeMessage::parse(cut).error(), WireFailure{}) << size << ", length mended";
  }
}

TEST_P(CapturedMessages, ATrailingOctet) {
  Bytes octets = values_.hex("ike_sa_init_i");
  octets.push_back(0);
  EXPECT_FALSE(IkeMessage::parse(octets));
  set_length(octets);
  EXPECT_FALSE(IkeMessage::parse(octets));
}

// What is inside the captured IKE_AUTH, understood and written again, octet by octet.
TEST_P(CapturedMessages, InsideOfIkeAuth) {
  IkeKeys keys;
  keys.sk_ei = {AeadAlgorithm::kAes256Gcm, Secret::copy_of(values_.hex("sk_ei"))};
  keys.sk_er = {AeadAlgorithm::kAes256Gcm, Secret::copy_of(values_.hex("sk_er"))};
  for (const bool is_response : {false, true}) {
    Bytes octets = values_.hex(is_response ? "ike_auth_r" : "ike_auth_i");
    auto protection = MessageProtection::make(keys, is_response);
    ASSERT_TRUE(protection);
    const auto opened = protection->open(octets);
    ASSERT_TRUE(opened);
    const auto payloads = parse_payloads(opened->first_payload, opened->inside);
    ASSERT_TRUE(payloads);
    const auto& identity = is_response ? payloads->id_responder : payloads->id_initiator;
    ASSERT_TRUE(identity && payloads->auth && payloads->ts_initiator && payloads->ts_responder);
    EXPECT_EQ(identity->to_string(), is_response ? "gw.lab" : "cl.lab");
    EXPECT_EQ(payloads->auth->data, values_.hex(is_response ? "auth_r" : "auth_i"));
    EXPECT_EQ(to_string(payloads->ts_initiator->selectors),
              is_response ? "10.99.0.1/32" : "0.0.0.0/0");
    EXPECT_EQ(to_string(payloads->ts_responder->selectors), "10.98.0.0/24");
    const auto again = serialize_payloads(*payloads);
    EXPECT_EQ(again.first, opened->first_payload);
    EXPECT_EQ(again.bytes, opened->inside);
  }
}

INSTANTIATE_TEST_SUITE_P(StrongSwan, CapturedMessages, testing::Values("psk", "raw"),
                         [](const auto& name) { return std::string(name.param); });

TEST(IkeMessage, OtherMajorVersionsAreNotForUs) {
  const IkeMessage message{.header = {.major_version = 3}, .payloads = {}};
  EXPECT_FALSE(IkeMessage::parse(message.serialize()));
  const IkeMessage minor{.header = {.minor_version = 1}, .payloads = {}};
  EXPECT_TRUE(IkeMessage::parse(minor.serialize())) << "RFC 7296 section 2.5";
}

TEST(IkeMessage, LengthMustBeThatOfTheDatagram) {
  const IkeMessage message{.header = {}, .payloads = {.nonce = Bytes(16)}};
  Bytes octets = message.serialize();
  EXPECT_TRUE(IkeMessage::parse(octets));
  for (const std::uint32_t length : {0u, 27u, 28u, 47u, 49u, 0xffffffffu, 0x80000030u}) {
    store_be32(octets.data() + 24, length);
    EXPECT_FALSE(IkeMessage::parse(octets)) << length;
  }
}

Bytes encrypted(std::string_view generic_header, std::size_t body, std::uint8_t type = 46) {
  Bytes octets = hex("0102030405060708 1112131415161718 00 20 25 08 00000007 00000000");
  octets[16] = type;
  const Bytes head = hex(generic_header);
  octets.insert(octets.end(), head.begin(), head.end());
  octets.resize(octets.size() + body);
  set_length(octets);
  return octets;
}

TEST(EncryptedPart, WholeMessage) {
  const Bytes octets = encrypted("2a00001d", 25);
  const auto part = EncryptedPart::parse(octets);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->first_inner_payload, 42);
  EXPECT_FALSE(part->is_fragment);
  EXPECT_EQ(part->fragment, 1);
  EXPECT_EQ(part->fragments, 1);
  EXPECT_EQ(part->aad_size, 32u);
  EXPECT_EQ(part->body_offset, 32u);
  EXPECT_EQ(part->header.message_id, MessageId(7));
}

TEST(EncryptedPart, Fragment) {
  const auto part = EncryptedPart::parse(encrypted("23000021 00020003", 25, 53));
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->is_fragment);
  EXPECT_EQ(part->fragment, 2);
  EXPECT_EQ(part->fragments, 3);
  EXPECT_EQ(part->aad_size, 36u);
  EXPECT_EQ(part->body_offset, 36u);
}

TEST(EncryptedPart, EveryTruncation) {
  for (const Bytes& whole : {encrypted("2a00001d", 25), encrypted("23000021 00020003", 25, 53)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(EncryptedPart::parse(cut)) << size;
      if (size < 32) continue;
      set_length(cut);
      EXPECT_FALSE(EncryptedPart::parse(cut)) << size << ", length mended";
      store_be16(cut.data() + 30, static_cast<std::uint16_t>(size - 28));
      EXPECT_FALSE(EncryptedPart::parse(cut)) << size << ", both lengths mended";
    }
  }
}

TEST(EncryptedPart, Malformed) {
  const struct {
    const char* why;
    Bytes octets;
  } cases[] = {
      {"a payload behind it", encrypted("2a00001d", 29)},
      {"longer than the message", encrypted("2a00001e", 25)},
      {"length 3", encrypted("2a000003", 25)},
      {"no room for vector, pad length and ICV", encrypted("2a00001c", 24)},
      {"another payload before it", encrypted("2e00001d", 25, 43)},
      {"in the clear", encrypted("0000001d", 25, 41)},
      {"nothing", encrypted("", 0, 0)},
      {"fragment 0", encrypted("23000021 00000003", 25, 53)},
      {"fragment 4 of 3", encrypted("23000021 00040003", 25, 53)},
      {"fragment 0 of 0", encrypted("23000021 00000000", 25, 53)},
      {"fragment without room", encrypted("23000020 00010001", 24, 53)},
      {"fragment without numbers", encrypted("23000006 0001", 0, 53)},
  };
  for (const auto& bad : cases) {
    const auto part = EncryptedPart::parse(bad.octets);
    ASSERT_FALSE(part) << bad.why;
    EXPECT_EQ(part.error(), WireFailure{}) << bad.why;
  }
  Bytes other_version = encrypted("2a00001d", 25);
  other_version[17] = 0x30;
  EXPECT_FALSE(EncryptedPart::parse(other_version));
}

}  // namespace
}  // namespace hawser
