// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crypto/certificate_files.h"
#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Files {
  std::string certificate;
  std::string key;
  std::vector<std::string> intermediates;
};

// Both ends have certificates of the authority in ca.pem that name gw.lab and gw@lab.example.
class IkeAuthWithCertificates : public testing::Test {
 protected:
  IkeAuthWithCertificates() {
    pair_.left.local.identity = *IkeIdentity::parse("gw@lab.example");
    pair_.right.local.identity = *IkeIdentity::parse("gw.lab");
    pair_.left.peer.identity = pair_.right.local.identity;
    pair_.right.peer.identity = pair_.left.local.identity;
    pair_.left.options.epoch_offset = pair_.right.options.epoch_offset = 1893456000;  // 2030
    pair_.adjust = [this](const Site& site, IkeLocalConfig& local, IkePeerConfig& peer) {
      const Files& files = site.name == "left" ? left_ : right_;
      local.raw_key.reset();
      local.certificate_key = std::move(*SigningKey::parse_pem(test::certificate_file(files.key)));
      local.certificates.push_back(test::read_certificate(files.certificate));
      for (const std::string& name : files.intermediates) {
        local.certificates.push_back(test::read_certificate(name));
      }
      CertificateAuth auth;
      ASSERT_TRUE(auth.store.add_trust_anchors(test::certificate_octets("ca.pem")));
      ASSERT_TRUE(auth.store.add_crls(test::certificate_octets("ca.crl")));
      peer.auth = std::move(auth);
    };
  }

  EnginePair pair_;
  Files left_{.certificate = "ed25519", .key = "ed25519.key"};
  Files right_{.certificate = "rsa2048", .key = "rsa2048.key"};
};

TEST_F(IkeAuthWithCertificates, BothAreBelieved) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established());
  pair_.expect_children_match();
}

// RFC 7383: no datagram is larger than every path takes, whatever is lost and repeated.
TEST_F(IkeAuthWithCertificates, LargeMessagesAreSentInFragments) {
  right_.intermediates = {"intermediate", "by-intermediate", "p256"};
  std::size_t largest = 0;
  std::size_t fragments = 0;
  SeededRandom fate(3);
  pair_.lose = [&](const Datagram& datagram) {
    if (describe(datagram).starts_with("IKE_AUTH")) {
      ++fragments;
      largest = std::max(largest, datagram.bytes.size());
    }
    return fate.chance(0.3);
  };
  pair_.start();
  ASSERT_TRUE(pair_.run_until_established())
      << testing::PrintToString(pair_.left.events) << testing::PrintToString(pair_.right.events);
  EXPECT_GT(fragments, 3u);
  EXPECT_LE(largest, 1280u - 48);
  pair_.expect_children_match();
}

TEST_F(IkeAuthWithCertificates, ARevokedOneOfTheInitiatorIsRefused) {
  left_ = {.certificate = "revoked", .key = "ed25519.key"};
  pair_.start();
  pair_.run_for(Milliseconds(200));
  EXPECT_TRUE(pair_.right.all<PeerEstablished>().empty());
  EXPECT_THAT(pair_.left.events, Contains(HasSubstr("AUTHENTICATION_FAILED")));
  EXPECT_THAT(pair_.right.events, Contains(HasSubstr("revoked")));
}

TEST_F(IkeAuthWithCertificates, AnExpiredOneOfTheResponderIsRefused) {
  right_ = {.certificate = "expired", .key = "ed25519.key"};
  pair_.start();
  pair_.run_for(Milliseconds(200));
  EXPECT_TRUE(pair_.left.all<PeerEstablished>().empty());
  EXPECT_THAT(pair_.left.events, Contains(HasSubstr("expired")));
  EXPECT_TRUE(pair_.right.children().empty());
}

}  // namespace
}  // namespace hawser
