// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace hawser {
namespace {

constexpr std::array<std::uint8_t, 15> kOctets = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                                  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};

TEST(ByteReader, ReadsBigEndianFieldsInOrder) {
  ByteReader reader(kOctets);
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  ASSERT_TRUE(reader.read_u8(u8) && reader.read_u16(u16) && reader.read_u32(u32) &&
              reader.read_u64(u64));
  EXPECT_EQ(u8, 0x01);
  EXPECT_EQ(u16, 0x0203);
  EXPECT_EQ(u32, 0x04050607u);
  EXPECT_EQ(u64, 0x08090a0b0c0d0e0fu);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, FailedReadChangesNothing) {
  for (std::size_t size = 0; size < 8; ++size) {
    ByteReader reader(ByteSpan(kOctets).first(size));
    std::uint64_t u64 = 77;
    EXPECT_FALSE(reader.read_u64(u64));
    EXPECT_EQ(u64, 77u);
    std::uint32_t u32 = 77;
    EXPECT_EQ(ByteReader(reader).read_u32(u32), size >= 4);
    std::uint16_t u16 = 77;
    EXPECT_EQ(ByteReader(reader).read_u16(u16), size >= 2);
    std::uint8_t u8 = 77;
    EXPECT_EQ(ByteReader(reader).read_u8(u8), size >= 1);
    EXPECT_FALSE(reader.skip(size + 1));
    ByteSpan bytes;
    EXPECT_FALSE(reader.read_bytes(size + 1, bytes));
    EXPECT_TRUE(bytes.empty());
    EXPECT_EQ(reader.remaining(), size);
  }
}

TEST(ByteReader, SubReaderIsBounded) {
  ByteReader reader(kOctets);
  ByteReader sub({});
  ASSERT_TRUE(reader.read_sub(3, sub));
  EXPECT_EQ(sub.remaining(), 3u);
  EXPECT_EQ(reader.remaining(), 12u);
  std::uint32_t u32 = 0;
  EXPECT_FALSE(sub.read_u32(u32));
  EXPECT_FALSE(reader.read_sub(13, sub));
  EXPECT_EQ(sub.remaining(), 3u);
  ASSERT_TRUE(reader.read_sub(12, sub));
  EXPECT_TRUE(reader.at_end());
  ASSERT_TRUE(reader.read_sub(0, sub));
  EXPECT_TRUE(sub.at_end());
}

TEST(ByteReader, SurvivesHugeCounts) {
  ByteReader reader(kOctets);
  ByteSpan bytes;
  EXPECT_FALSE(reader.read_bytes(SIZE_MAX, bytes));
  EXPECT_FALSE(reader.skip(SIZE_MAX));
  EXPECT_EQ(reader.remaining(), kOctets.size());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  std::array<std::uint8_t, 15> octets{};
  ByteWriter writer(octets);
  writer.write_u8(0x01);
  writer.write_u16(0x0203);
  writer.write_u32(0x04050607);
  writer.write_bytes(ByteSpan(kOctets).subspan(7, 4));
  writer.write_bytes({});
  writer.write_u32(0x0c0d0e0f);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.size(), 15u);
  EXPECT_EQ(octets, kOctets);
}

TEST(ByteWriter, RemembersWhatDidNotFit) {
  std::array<std::uint8_t, 6> octets{};
  ByteWriter writer(MutableByteSpan(octets).first(5));
  writer.write_u32(0x01020304);
  writer.write_u64(0);
  EXPECT_FALSE(writer.ok());
  // Nothing behind a hole, even where it would fit.
  writer.write_u8(0xff);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.size(), 4u);
  EXPECT_EQ(octets, (std::array<std::uint8_t, 6>{1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(writer.written().size(), 4u);
}

TEST(Endianness, LoadsUndoStoresAtAnyAlignment) {
  std::vector<std::uint8_t> octets(24);
  for (std::size_t offset = 0; offset < 8; ++offset) {
    store_be64(&octets[offset], 0x0123456789abcdefu);
    EXPECT_EQ(octets[offset], 0x01);
    EXPECT_EQ(load_be64(&octets[offset]), 0x0123456789abcdefu);
    EXPECT_EQ(load_be32(&octets[offset]), 0x01234567u);
    EXPECT_EQ(load_be16(&octets[offset]), 0x0123);
    store_be32(&octets[offset], 0xfedcba98u);
    store_be16(&octets[offset + 4], 0x7654);
    EXPECT_EQ(load_be64(&octets[offset]), 0xfedcba987654cdefu);
  }
}

}  // namespace
}  // namespace hawser
