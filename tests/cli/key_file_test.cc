// SPDX-License-Identifier: Apache-2.0
#include "cli/key_file.h"

#include <gmock/gmock.h>

#include <cstring>

#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

class CountingRandom final : public Random {
 public:
  void fill(MutableByteSpan bytes) override {
    for (std::uint8_t& octet : bytes) octet = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

bool same(const Secret& a, const Secret& b) { return equal_in_constant_time(a.bytes(), b.bytes()); }

TEST(KeyFile, RoundTrip) {
  CountingRandom random;
  const MirroredKeys keys = make_mirrored_keys(AeadAlgorithm::kAes256Gcm, random);
  EXPECT_EQ(keys.a.in.size(), 36u);
  EXPECT_TRUE(same(keys.a.in, keys.b.out));
  EXPECT_TRUE(same(keys.a.out, keys.b.in));
  EXPECT_FALSE(same(keys.a.in, keys.a.out));
  const auto parsed = parse_key_file(as_text(key_file_text(keys.a)));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(same(parsed->in, keys.a.in));
  EXPECT_TRUE(same(parsed->out, keys.a.out));
}

TEST(KeyFile, TakesCommentsBlankLinesCrLfAndAnyOrder) {
  const auto parsed = parse_key_file("# lab\r\n\r\nout=0aFF\r\n  in = 01");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->out.size(), 2u);
  EXPECT_EQ(parsed->out.bytes()[1], 0xff);
  EXPECT_EQ(parsed->in.bytes()[0], 1);
  EXPECT_EQ(parsed->in_line, 4u);
  EXPECT_EQ(parsed->out_line, 3u);
}

TEST(KeyFile, EveryCutOfAFileIsAnErrorOrShorterKeys) {
  const std::string whole = "in = 0102\nout = 0304\n";
  for (std::size_t size = 0; size < whole.size() - 5; ++size) {
    EXPECT_FALSE(parse_key_file(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_TRUE(parse_key_file(whole).has_value());
}

TEST(KeyFile, ErrorsNameTheLineAndNeverTheKey) {
  const auto error = parse_key_file("in = 0102\nsecret-stuff\n");
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().line, 2u);
  EXPECT_THAT(error.error().what + error.error().key, testing::Not(HasSubstr("secret")));
}

TEST(KeyFile, WritingNeverOverwrites) {
  const TempDir dir;
  const std::uint8_t text[] = {'x', '\n'};
  ASSERT_TRUE(write_secret_file(dir.file("new"), text).has_value());
  EXPECT_EQ(read_text(dir.file("new")), "x\n");
  struct stat info {};
  ASSERT_EQ(stat(dir.file("new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const auto again = write_secret_file(dir.file("new"), text);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error(), HasSubstr("exists"));
}

TEST(KeyFile, ReadingChecksTheMode) {
  const TempDir dir;
  EXPECT_TRUE(read_secret_file(dir.write("a", "x", 0600)).has_value());
  EXPECT_TRUE(read_secret_file(dir.write("b", "x", 0400)).has_value());
  EXPECT_FALSE(read_secret_file(dir.write("c", "x", 0604)).has_value());
  EXPECT_FALSE(read_secret_file(dir.write("d", "x", 0620)).has_value());
  EXPECT_FALSE(read_secret_file(dir.write("e", std::string(5000, 'x'))).has_value());
  EXPECT_FALSE(read_secret_file(dir.path()).has_value());
}

}  // namespace
}  // namespace hawser
