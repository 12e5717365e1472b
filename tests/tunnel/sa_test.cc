// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/support/tunnel_fixture.h"
#include "tunnel/inbound_sa.h"
#include "tunnel/outbound_sa.h"

namespace hawser {
namespace {

struct SaCase {
  AeadAlgorithm algorithm;
  bool esn;
};

class SaPairTest : public testing::TestWithParam<SaCase> {
 protected:
  std::unique_ptr<OutboundSa> outbound(std::uint64_t first = 1) {
    auto sa = OutboundSa::make(
        {.spi = Spi(0x01000001), .esn = GetParam().esn, .first = SequenceNumber(first)},
        test_key(GetParam().algorithm, 5));
    return std::move(*sa);
  }
  std::unique_ptr<InboundSa> inbound(std::optional<std::uint32_t> replay_window = 4096) {
    auto sa = InboundSa::make(
        {.spi = Spi(0x01000001), .esn = GetParam().esn, .replay_window = replay_window},
        test_key(GetParam().algorithm, 5));
    return std::move(*sa);
  }
  static Bytes seal(OutboundSa& sa, const Bytes& inner,
                    std::uint8_t next_header = kNextHeaderIpv4) {
    Bytes packet(esp_sealed_size(inner.size()));
    std::copy(inner.begin(), inner.end(), packet.begin() + kEspHeadroom);
    AeadPacket job;
    EXPECT_TRUE(sa.prepare(packet.data(), inner.size(), next_header, job));
    sa.seal({&job, 1});
    return packet;
  }
  Result<Bytes, DropReason> open(InboundSa& sa, Bytes packet) {
    AeadPacket job;
    const auto pending = sa.prepare(packet, job, now_);
    if (!pending) return failure(pending.error());
    sa.open({&job, 1});
    const auto opened = sa.finish(*pending, job);
    sa.end_batch(now_);
    if (!opened) return failure(opened.error());
    return Bytes(opened->payload.begin(), opened->payload.end());
  }

  TimePoint now_{Seconds(1)};
};

TEST_P(SaPairTest, SealsAndOpensEverySize) {
  auto out = outbound();
  auto in = inbound();
  for (std::size_t size : {0, 1, 2, 3, 20, 63, 64, 1399, 1400, 9000}) {
    const Bytes inner = pattern(size, static_cast<std::uint32_t>(size));
    const auto opened = open(*in, seal(*out, inner));
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(*opened, inner);
  }
  EXPECT_EQ(out->snapshot().sent, SequenceNumber(10));
  EXPECT_EQ(in->snapshot().highest, SequenceNumber(10));
}

TEST_P(SaPairTest, ReplaysAndOldNumbersAreRefusedBeforeTheAead) {
  auto out = outbound();
  auto in = inbound();
  const Bytes first = seal(*out, pattern(100));
  ASSERT_TRUE(open(*in, first));
  EXPECT_EQ(open(*in, first).error(), DropReason::kReplayed);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(open(*in, seal(*out, pattern(4))));
  EXPECT_EQ(open(*in, first).error(), DropReason::kTooOld);
  EXPECT_EQ(in->snapshot().replayed, 1u);
  EXPECT_EQ(in->snapshot().too_old, 1u);
}

TEST_P(SaPairTest, AWindowThatSizesItselfGrowsByWhatCameTooLate) {
  auto out = outbound();
  auto in = inbound(std::nullopt);
  std::vector<Bytes> late;
  for (int i = 0; i < 3; ++i) late.push_back(seal(*out, pattern(4)));
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(open(*in, seal(*out, pattern(4))));
  EXPECT_EQ(in->snapshot().replay_window, 1024u);
  EXPECT_EQ(open(*in, late[0]).error(), DropReason::kTooOld) << "learned from, not delivered";
  EXPECT_GE(in->snapshot().replay_window, 4096u);
  EXPECT_EQ(open(*in, late[1]).error(), DropReason::kTooOld) << "not vouched for";
  const Bytes next_late = seal(*out, pattern(4));
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(open(*in, seal(*out, pattern(4))));
  EXPECT_TRUE(open(*in, next_late));
  // A forged one teaches nothing.
  Bytes forged = late[2];
  forged.back() ^= 1;
  const auto before = in->snapshot().replay_window;
  EXPECT_EQ(open(*in, forged).error(), DropReason::kTooOld);
  EXPECT_EQ(in->snapshot().replay_window, before);
}

TEST_P(SaPairTest, TheSameNumberTwiceInOneBatchPassesOnce) {
  auto out = outbound();
  auto in = inbound();
  Bytes one = seal(*out, pattern(50));
  Bytes two = one;
  AeadPacket jobs[2];
  const auto first = in->prepare(one, jobs[0], now_);
  const auto second = in->prepare(two, jobs[1], now_);
  ASSERT_TRUE(first && second);
  in->open(jobs);
  EXPECT_TRUE(in->finish(*first, jobs[0]));
  const auto again = in->finish(*second, jobs[1]);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), DropReason::kReplayed);
}

// A flip of any bit is noticed, and changes no state: the sound packet is still accepted after it.
TEST_P(SaPairTest, EveryFlippedBitIsDropped) {
  auto out = outbound();
  auto in = inbound();
  ASSERT_TRUE(open(*in, seal(*out, pattern(8))));
  const Bytes sound = seal(*out, pattern(21));
  for (std::size_t bit = 32; bit < sound.size() * 8; ++bit) {  // the SPI is the caller's
    Bytes forged = sound;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto opened = open(*in, forged);
    ASSERT_FALSE(opened) << bit;
    const bool in_sequence = bit / 8 >= 4 && bit / 8 < 8;
    EXPECT_TRUE(in_sequence || opened.error() == DropReason::kIcvFailed) << bit;
  }
  EXPECT_EQ(in->snapshot().highest, SequenceNumber(1));
  EXPECT_TRUE(open(*in, sound));
}

TEST_P(SaPairTest, EveryTruncationIsDropped) {
  auto out = outbound();
  auto in = inbound();
  const Bytes sound = seal(*out, pattern(50));
  for (std::size_t size = 0; size < sound.size(); ++size) {
    EXPECT_FALSE(open(*in, {sound.begin(), sound.begin() + static_cast<long>(size)})) << size;
  }
  Bytes longer = sound;
  longer.push_back(0);
  EXPECT_FALSE(open(*in, longer));
  EXPECT_TRUE(open(*in, sound));
}

TEST_P(SaPairTest, NumbersEndAndNeverWrap) {
  const std::uint64_t last = GetParam().esn ? UINT64_MAX - 1 : UINT32_MAX;
  auto out = outbound(last);
  Bytes packet(esp_sealed_size(4));
  AeadPacket job;
  EXPECT_TRUE(out->prepare(packet.data(), 4, kNextHeaderIpv4, job));
  EXPECT_FALSE(out->prepare(packet.data(), 4, kNextHeaderIpv4, job));
  EXPECT_FALSE(out->prepare(packet.data(), 4, kNextHeaderIpv4, job));
  EXPECT_TRUE(out->report_exhausted());
  EXPECT_FALSE(out->report_exhausted());
}

class SaPairEsnTest : public SaPairTest {};

TEST_P(SaPairEsnTest, EsnCrossesThirtyTwoBits) {
  constexpr std::uint64_t kCycle = std::uint64_t{1} << 32;
  auto out = outbound(kCycle - 3);
  auto in = inbound();
  std::vector<Bytes> packets;
  for (int i = 0; i < 6; ++i) packets.push_back(seal(*out, pattern(10)));
  for (const int i : {0, 3, 1, 5, 2, 4}) EXPECT_TRUE(open(*in, packets[std::size_t(i)])) << i;
  EXPECT_EQ(in->snapshot().highest, SequenceNumber(kCycle + 2));
  EXPECT_EQ(open(*in, packets[2]).error(), DropReason::kReplayed);
}

INSTANTIATE_TEST_SUITE_P(Ciphers, SaPairTest,
                         testing::Values(SaCase{AeadAlgorithm::kAes128Gcm, true},
                                         SaCase{AeadAlgorithm::kAes128Gcm, false},
                                         SaCase{AeadAlgorithm::kAes256Gcm, true},
                                         SaCase{AeadAlgorithm::kAes256Gcm, false},
                                         SaCase{AeadAlgorithm::kChaCha20Poly1305, true},
                                         SaCase{AeadAlgorithm::kChaCha20Poly1305, false}));

INSTANTIATE_TEST_SUITE_P(Ciphers, SaPairEsnTest,
                         testing::Values(SaCase{AeadAlgorithm::kAes128Gcm, true},
                                         SaCase{AeadAlgorithm::kAes256Gcm, true},
                                         SaCase{AeadAlgorithm::kChaCha20Poly1305, true}));

TEST(Sa, RefusesAKeyOfTheWrongSize) {
  SaKey key = test_key(AeadAlgorithm::kAes128Gcm, 1);
  key.algorithm = AeadAlgorithm::kAes256Gcm;
  EXPECT_EQ(OutboundSa::make({}, key.clone()).error(), AeadError::kKeySize);
  EXPECT_EQ(InboundSa::make({}, key.clone()).error(), AeadError::kKeySize);
}

}  // namespace
}  // namespace hawser
