// SPDX-License-Identifier: Apache-2.0
// Every value of two captured IKE SAs is computed again from the messages and the Diffie-Hellman
// secret: the key schedule, AUTH, the keys of the child SA, and what these keys open.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/aead_message.h"
#include "crypto/digest.h"
#include "crypto/identity_key.h"
#include "crypto/prf.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr PrfAlgorithm kPrf = PrfAlgorithm::kHmacSha256;
constexpr std::size_t kIkeHeaderSize = 28;
constexpr std::size_t kIvSize = 8;

Octets octets_of(ByteSpan bytes) { return Octets(bytes.begin(), bytes.end()); }

Octets operator|(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// key | salt, as prf+ gives them, opens `data`.
bool opens(AeadAlgorithm algorithm, const Octets& key_and_salt, ByteSpan aad, ByteSpan iv,
           Octets& data, Octets icv) {
  const std::size_t key_size = aead_key_size(algorithm);
  if (key_and_salt.size() != key_size + kAeadSaltSize) return false;
  const Octets nonce = octets_of(ByteSpan(key_and_salt).subspan(key_size)) | octets_of(iv);
  return open_message(algorithm, ByteSpan(key_and_salt).first(key_size), {nonce, aad, data, icv});
}

class IkeCapture : public ::testing::TestWithParam<const char*> {
 protected:
  Octets hex(const std::string& name) const { return values_.hex(name); }
  std::string text(const std::string& name) const { return values_.text(name); }

 private:
  const test::VectorCase values_ = test::read_vectors(std::string("ike/") + GetParam()).at(0);
};

// RFC 7296 section 2.14.
TEST_P(IkeCapture, KeySchedule) {
  const Secret skeyseed = prf(kPrf, hex("ni") | hex("nr"), {hex("g_ir")});
  EXPECT_EQ(octets_of(skeyseed.bytes()), hex("skeyseed"));
  const Octets seed = hex("ni") | hex("nr") | hex("spi_i") | hex("spi_r");
  const Octets expected = hex("sk_d") | hex("sk_ei") | hex("sk_er") | hex("sk_pi") | hex("sk_pr");
  const Secret keys = prf_plus(kPrf, skeyseed.bytes(), seed, expected.size());
  EXPECT_EQ(octets_of(keys.bytes()), expected);
}

// RFC 7296 section 2.17.
TEST_P(IkeCapture, KeysOfTheChildSa) {
  const Octets expected = hex("child_i2r") | hex("child_r2i");
  const Secret keys = prf_plus(kPrf, hex("sk_d"), hex("ni") | hex("nr"), expected.size());
  EXPECT_EQ(octets_of(keys.bytes()), expected);
}

// RFC 7296 section 2.15; RFC 8420 for Ed25519.
TEST_P(IkeCapture, Authentication) {
  for (const std::string who : {"i", "r"}) {
    SCOPED_TRACE(who);
    const Secret id_mac = prf(kPrf, hex("sk_p" + who), {hex("id_" + who)});
    const Octets octets =
        hex("ike_sa_init_" + who) | hex(who == "i" ? "nr" : "ni") | octets_of(id_mac.bytes());
    EXPECT_EQ(octets, hex("signed_octets_" + who));
    const Octets auth = hex("auth_" + who);
    if (text("esp_algorithm") == "aes-256-gcm") {
      static constexpr std::string_view kPad = "Key Pad for IKEv2";
      const Secret key = prf(kPrf, hex("psk"), {Octets(kPad.begin(), kPad.end())});
      EXPECT_EQ(octets_of(prf(kPrf, key.bytes(), {octets}).bytes()), auth);
      continue;
    }
    IdentityPublicKey key;
    const Octets public_octets = hex("public_" + who);
    std::copy(public_octets.begin(), public_octets.end(), key.octets.begin());
    constexpr std::size_t kAlgorithmSize = 8;  // a length octet and its AlgorithmIdentifier
    EXPECT_TRUE(key.verify(octets, ByteSpan(auth).subspan(kAlgorithmSize)));
    Octets changed = octets;
    changed.back() ^= 1;
    EXPECT_FALSE(key.verify(changed, ByteSpan(auth).subspan(kAlgorithmSize)));
  }
}

// RFC 5282 section 3: header and payload header are authenticated, then come IV, data and ICV.
TEST_P(IkeCapture, KeysOpenIkeMessages) {
  for (const std::string who : {"i", "r"}) {
    const Octets message = hex("ike_auth_" + who);
    constexpr std::size_t kIvOffset = kIkeHeaderSize + 4;
    const ByteSpan bytes(message);
    const ByteSpan body = bytes.subspan(kIvOffset + kIvSize);
    Octets data = octets_of(body.first(body.size() - kAeadIcvSize));
    EXPECT_TRUE(opens(AeadAlgorithm::kAes256Gcm, hex("sk_e" + who), bytes.first(kIvOffset),
                      bytes.subspan(kIvOffset, kIvSize), data, octets_of(body.last(kAeadIcvSize))));
    // The ID payload comes first: its body stands behind a payload header.
    const Octets id = hex("id_" + who);
    EXPECT_EQ(octets_of(ByteSpan(data).subspan(4, id.size())), id);
  }
}

TEST_P(IkeCapture, KeysOpenEspPackets) {
  for (const std::string way : {"i2r", "r2i"}) {
    const Octets packet = hex("esp_" + way);
    constexpr std::size_t kHeaderSize = 8;
    const ByteSpan bytes(packet);
    const ByteSpan body = bytes.subspan(kHeaderSize + kIvSize);
    Octets data = octets_of(body.first(body.size() - kAeadIcvSize));
    EXPECT_TRUE(opens(aead_from_name(text("esp_algorithm")).value(), hex("child_" + way),
                      bytes.first(kHeaderSize), bytes.subspan(kHeaderSize, kIvSize), data,
                      octets_of(body.last(kAeadIcvSize))));
    EXPECT_EQ(data.front(), 0x45);  // an IPv4 header
  }
}

INSTANTIATE_TEST_SUITE_P(StrongSwan, IkeCapture, ::testing::Values("psk.txt", "raw.txt"),
                         [](const auto& instance) {
                           return std::string(instance.param).substr(0, 3);
                         });

// RFC 7296 section 2.23: what the responder saw of the initiator's address, 10.90.1.2 port 500.
TEST(NatDetection, OfACapture) {
  const auto values = test::read_vectors("ike/psk.txt").at(0);
  const Octets address_and_port = {10, 90, 1, 2, 500 / 256, 500 % 256};
  const Sha1Digest digest = sha1({values.hex("spi_i"), values.hex("spi_r"), address_and_port});
  const std::string message = values.text("ike_sa_init_r");
  std::string text;
  for (const std::uint8_t octet : digest) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  EXPECT_NE(message.find("00004005" + text), std::string::npos);  // NAT_DETECTION_DESTINATION_IP
}

}  // namespace
}  // namespace hawser
