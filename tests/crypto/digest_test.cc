// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hawser {
namespace {

template <typename Digest>
std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t octet : digest) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

ByteSpan bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// FIPS 180-4's examples.
constexpr std::string_view kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

TEST(Digest, Sha1OfFips180) {
  EXPECT_EQ(hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1({bytes("abc")})), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1({bytes(kTwoBlocks)})), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST(Digest, Sha256OfFips180) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256({bytes("abc")})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256({bytes(kTwoBlocks)})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, PartsAreOneMessage) {
  for (std::size_t cut = 0; cut <= kTwoBlocks.size(); ++cut) {
    const ByteSpan left = bytes(kTwoBlocks.substr(0, cut));
    const ByteSpan right = bytes(kTwoBlocks.substr(cut));
    EXPECT_EQ(sha1({left, right}), sha1({bytes(kTwoBlocks)})) << cut;
    EXPECT_EQ(sha256({left, {}, right}), sha256({bytes(kTwoBlocks)})) << cut;
  }
}

}  // namespace
}  // namespace hawser
