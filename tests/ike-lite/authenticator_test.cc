// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/authenticator.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/crypto/certificate_files.h"
#include "tests/ike-lite/ike_capture.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

using test::IkeCapture;
using test::octets_of;

constexpr std::int64_t kNow = 1'800'000'000;  // in 2027
const std::vector<SignatureHash> kAllHashes = {SignatureHash::kIdentity, SignatureHash::kSha256,
                                               SignatureHash::kSha384, SignatureHash::kSha512};

IdentityPublicKey public_key(ByteSpan octets) {
  IdentityPublicKey key;
  std::ranges::copy(octets, key.octets.begin());
  return key;
}

// The body of an ID payload.
IkeIdentity identity_of(ByteSpan body) {
  return {
      .type = body[0], .reserved = {body[1], body[2], body[3]}, .data = octets_of(body.subspan(4))};
}

// One end of a capture, "i" or "r".
class CapturedEnd {
 public:
  CapturedEnd(const IkeCapture& capture, const std::string& who)
      : init_message_(capture.hex("ike_sa_init_" + who)),
        other_nonce_(capture.hex(who == "i" ? "nr" : "ni")),
        sk_p_(capture.hex("sk_p" + who)),
        identity_(identity_of(capture.hex("id_" + who))),
        auth_{.method = capture.text("esp_algorithm") == "aes-256-gcm" ? std::uint8_t{2}
                                                                       : std::uint8_t{14},
              .data = capture.hex("auth_" + who)} {}

  AuthInput input() const {
    return {.init_message = init_message_,
            .other_nonce = other_nonce_,
            .sk_p = sk_p_,
            .identity = &identity_};
  }
  const AuthPayload& auth() const { return auth_; }

 private:
  Bytes init_message_;
  Bytes other_nonce_;
  Bytes sk_p_;
  IkeIdentity identity_;
  AuthPayload auth_;
};

AuthError error_of(const Result<void, AuthFailure>& result) {
  EXPECT_FALSE(result);
  EXPECT_FALSE(result.error().sentence.empty());
  return result.error().error;
}

TEST(AuthenticatorCapture, SharedKey) {
  const IkeCapture capture("psk");
  const PeerAuth auth = SharedKeyAuth{capture.secret("psk")};
  for (const std::string who : {"i", "r"}) {
    const CapturedEnd end(capture, who);
    EXPECT_EQ(auth_octets(end.input()), capture.hex("signed_octets_" + who));
    const auto made = make_auth(IkeLocalConfig(), auth, end.input(), {});
    ASSERT_TRUE(made);
    EXPECT_EQ(*made, end.auth());
    EXPECT_TRUE(verify_auth(auth, end.input(), {.auth = &end.auth()}, kNow));
  }
}

TEST(AuthenticatorCapture, RawKey) {
  const IkeCapture capture("raw");
  for (const std::string who : {"i", "r"}) {
    const CapturedEnd end(capture, who);
    EXPECT_EQ(auth_octets(end.input()), capture.hex("signed_octets_" + who));
    const PeerAuth auth = RawKeyAuth{public_key(capture.hex("public_" + who))};
    EXPECT_TRUE(verify_auth(auth, end.input(), {.auth = &end.auth()}, kNow));
    const PeerAuth other =
        RawKeyAuth{public_key(capture.hex(who == "i" ? "public_r" : "public_i"))};
    EXPECT_EQ(error_of(verify_auth(other, end.input(), {.auth = &end.auth()}, kNow)),
              AuthError::kWrongKey);
  }
}

// One of two ends with keys, messages and nonces of their own.
class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthInput input() const {
    return {.init_message = init_message_,
            .other_nonce = nonce_,
            .sk_p = sk_p_,
            .identity = &identity_,
            .intermediate = intermediate_};
  }
  AuthPayload made(const PeerAuth& auth) const {
    const auto payload = make_auth(local_, auth, input(), kAllHashes);
    EXPECT_TRUE(payload);
    return payload ? *payload : AuthPayload();
  }
  Result<void, AuthFailure> verify(const PeerAuth& auth, const AuthPayload& payload) const {
    return verify_auth(auth, input(), {.auth = &payload}, kNow);
  }
  // Each octet that the proof covers, changed.
  void expect_all_is_covered(const PeerAuth& auth) {
    const AuthPayload payload = made(auth);
    EXPECT_TRUE(verify(auth, payload));
    for (Bytes* part : {&init_message_, &nonce_, &sk_p_, &identity_.data, &intermediate_}) {
      for (std::uint8_t& octet : *part) {
        octet ^= 1;
        EXPECT_EQ(error_of(verify(auth, payload)), AuthError::kWrongKey);
        octet ^= 1;
      }
    }
    for (std::uint8_t* octet : {&identity_.type, &identity_.reserved[0], &identity_.reserved[2]}) {
      *octet ^= 1;
      EXPECT_EQ(error_of(verify(auth, payload)), AuthError::kWrongKey);
      *octet ^= 1;
    }
    for (std::size_t i = 0; i < payload.data.size(); ++i) {
      AuthPayload changed = payload;
      changed.data[i] ^= 1;
      EXPECT_FALSE(verify(auth, changed)) << i;
      changed = payload;
      changed.data.resize(i);
      EXPECT_FALSE(verify(auth, changed)) << i;
    }
    AuthPayload longer = payload;
    longer.data.push_back(0);
    EXPECT_FALSE(verify(auth, longer));
    EXPECT_EQ(error_of(verify_auth(auth, input(), {}, kNow)), AuthError::kMissing);
  }

  SeededRandom random_{1};
  const IdentityPrivateKey key_ = IdentityPrivateKey::generate(random_);
  IkeLocalConfig local_{.raw_key = IdentityPrivateKey::parse(text_of(key_))};
  Bytes init_message_ = Bytes(100, 1);
  Bytes nonce_ = Bytes(32, 2);
  Bytes sk_p_ = Bytes(32, 3);
  Bytes intermediate_ = Bytes(68, 4);
  IkeIdentity identity_ = *IkeIdentity::parse("gw.lab");

 private:
  static std::string text_of(const IdentityPrivateKey& key) {
    const Secret text = key.to_text();
    return {text.bytes().begin(), text.bytes().end()};
  }
};

TEST_F(AuthenticatorTest, SharedKeyCoversAll) {
  expect_all_is_covered(SharedKeyAuth{Secret::copy_of(Bytes(20, 9))});
}

TEST_F(AuthenticatorTest, RawKeyCoversAll) { expect_all_is_covered(RawKeyAuth{key_.public_key()}); }

// The way is agreed: a peer that knows one key cannot choose another way.
TEST_F(AuthenticatorTest, NoOtherWayThanTheAgreedOne) {
  const PeerAuth shared = SharedKeyAuth{Secret::copy_of(Bytes(20, 9))};
  const PeerAuth raw = RawKeyAuth{key_.public_key()};
  EXPECT_EQ(error_of(verify(raw, made(shared))), AuthError::kWrongMethod);
  EXPECT_EQ(error_of(verify(shared, made(raw))), AuthError::kWrongMethod);
  EXPECT_EQ(error_of(verify(CertificateAuth(), made(shared))), AuthError::kWrongMethod);
  for (const unsigned method : {0, 1, 9, 13, 255}) {
    AuthPayload payload = made(raw);
    payload.method = static_cast<std::uint8_t>(method);
    EXPECT_EQ(error_of(verify(raw, payload)), AuthError::kWrongMethod);
    EXPECT_EQ(error_of(verify(shared, payload)), AuthError::kWrongMethod);
  }
  EXPECT_EQ(verify(raw, made(shared)).error().sentence,
            "peer authenticates itself by a shared key; its public key is configured");
}

// RFC 8420 section 3: only if the peer announced the hash "Identity".
TEST_F(AuthenticatorTest, NoSignatureThatThePeerDidNotAnnounce) {
  const PeerAuth raw = RawKeyAuth{key_.public_key()};
  const SignatureHash sha[] = {SignatureHash::kSha256, SignatureHash::kSha512};
  EXPECT_EQ(make_auth(local_, raw, input(), sha).error().error, AuthError::kNoCommonHash);
  EXPECT_EQ(make_auth(local_, raw, input(), {}).error().error, AuthError::kNoCommonHash);
}

TEST_F(AuthenticatorTest, NoKeyOfOurs) {
  const IkeLocalConfig empty;
  EXPECT_EQ(make_auth(empty, RawKeyAuth(), input(), kAllHashes).error().error, AuthError::kNoKey);
  EXPECT_EQ(make_auth(empty, CertificateAuth(), input(), kAllHashes).error().error,
            AuthError::kNoKey);
}

TEST(SignatureHashes, OctetsAndBack) {
  const Bytes ours = announced_signature_hashes();
  EXPECT_EQ(ours, (Bytes{0, 5, 0, 2, 0, 3, 0, 4}));
  EXPECT_EQ(parse_signature_hashes(ours), kAllHashes);
  EXPECT_EQ(parse_signature_hashes(Bytes{0, 1, 0, 5, 99, 99, 0, 5, 7}),
            std::vector<SignatureHash>{SignatureHash::kIdentity});
  EXPECT_TRUE(parse_signature_hashes({}).empty());
}

}  // namespace
}  // namespace hawser
