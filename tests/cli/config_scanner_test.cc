// SPDX-License-Identifier: Apache-2.0
#include "cli/config_scanner.h"

#include <gmock/gmock.h>

#include <random>

namespace hawser {
namespace {

using ::testing::HasSubstr;

ConfigText scan(std::string_view text) {
  auto result = scan_config(text, "x.conf");
  EXPECT_TRUE(result.has_value()) << result.error().front().to_string();
  return result ? *result : ConfigText{};
}

std::string first_error(std::string_view text) {
  const auto result = scan_config(text, "x.conf");
  return result ? "" : result.error().front().to_string();
}

TEST(ConfigScanner, KeepsSectionsKeysValuesAndLines) {
  const ConfigText text = scan("# a comment\n\n[interface]\nname = hw0\n [peer.a-b_1] \nk=v\n");
  ASSERT_EQ(text.sections.size(), 2u);
  EXPECT_EQ(text.sections[0].title(), "[interface]");
  EXPECT_EQ(text.sections[0].line, 3u);
  EXPECT_EQ(text.sections[1].title(), "[peer.a-b_1]");
  EXPECT_EQ(text.sections[1].line, 5u);
  ASSERT_NE(text.sections[0].find("name"), nullptr);
  EXPECT_EQ(text.sections[0].find("name")->value, "hw0");
  EXPECT_EQ(text.sections[0].find("name")->line, 4u);
  EXPECT_EQ(text.sections[1].find("k")->value, "v");
  EXPECT_EQ(text.sections[1].find("name"), nullptr);
  EXPECT_EQ(text.find("peer", "a-b_1"), &text.sections[1]);
  EXPECT_EQ(text.find("peer", "other"), nullptr);
}

TEST(ConfigScanner, CommentsBeginAtTheLineStartOrBehindWhiteSpace) {
  const ConfigText text = scan("[interface] # the device\n#name = no\n  # name = no\na = b\n");
  ASSERT_EQ(text.sections.size(), 1u);
  ASSERT_EQ(text.sections[0].entries.size(), 1u);
  EXPECT_EQ(text.sections[0].find("a")->value, "b");
}

TEST(ConfigScanner, ValuesMayHoldEqualsAndHash) {
  const ConfigText text = scan("[interface]\na = b#c\nb = c #d\nc = d\t# e\nd = e=f\n");
  const ConfigSection& section = text.sections.at(0);
  EXPECT_EQ(section.find("a")->value, "b#c");
  EXPECT_EQ(section.find("b")->value, "c");
  EXPECT_EQ(section.find("c")->value, "d");
  EXPECT_EQ(section.find("d")->value, "e=f");
}

TEST(ConfigScanner, WhiteSpaceAroundIsGone) {
  const ConfigText text = scan("[interface]\n\t name \t=\t a b \t\n");
  EXPECT_EQ(text.sections.at(0).find("name")->value, "a b");
}

TEST(ConfigScanner, TakesCrLfAndAFileWithoutLastNewline) {
  const ConfigText text = scan("[interface]\r\nname = hw0\r\nmtu = 1400");
  EXPECT_EQ(text.sections.at(0).find("name")->value, "hw0");
  EXPECT_EQ(text.sections.at(0).find("mtu")->value, "1400");
  EXPECT_EQ(text.sections.at(0).find("mtu")->line, 3u);
}

TEST(ConfigScanner, AnEmptyTextHasNoSections) {
  EXPECT_TRUE(scan("").sections.empty());
  EXPECT_TRUE(scan("\n\n# only this\n").sections.empty());
}

TEST(ConfigScanner, RefusesControlCharacters) {
  using namespace std::string_view_literals;
  EXPECT_THAT(first_error("[interface]\nna\0me = x\n"sv), HasSubstr("x.conf:2: line: "));
  EXPECT_THAT(first_error("[interface]\nname = \x1b[31m\n"), HasSubstr("control character"));
  EXPECT_THAT(first_error("[interface]\nname = a\rb\n"), HasSubstr("control character"));
}

TEST(ConfigScanner, LineLengthIsBounded) {
  const std::string longest = "[interface]\nname = " + std::string(kConfigLineMax - 7, 'x');
  EXPECT_EQ(scan(longest).sections.at(0).find("name")->value.size(), kConfigLineMax - 7);
  EXPECT_THAT(first_error(longest + "x"), HasSubstr("x.conf:2: line: is longer than 4096"));
  EXPECT_THAT(first_error(std::string(1 << 20, '[')), HasSubstr("x.conf:1: line: "));
}

TEST(ConfigScanner, RepeatedSectionsAndKeysNameTheFirst) {
  EXPECT_EQ(first_error("[peer.a]\n[peer.b]\n[peer.a]\nk = v\n"),
            "x.conf:3: [peer.a]: is repeated; the first one is in line 1, put all its keys there");
  EXPECT_THAT(first_error("[a]\nk = 1\nk = 2\n"), HasSubstr("x.conf:3: k: is repeated"));
  EXPECT_THAT(first_error("[a]\nk = 1\n[b]\nk = 2\n"), "");
}

TEST(ConfigScanner, WhatIsNoKeyIsNotQuoted) {
  const std::string error = first_error("[interface]\ned25519-private:c2VjcmV0=\n");
  EXPECT_THAT(error, HasSubstr("x.conf:2: line: "));
  EXPECT_THAT(error, testing::Not(HasSubstr("c2Vj")));
}

// Whatever the octets are: an answer, and errors that are one line each.
TEST(ConfigScanner, TakesAnyOctets) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = "[]=#.\n\r\t ab-\x01\x80\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::size_t size = random() % 64;
    while (text.size() < size) {
      text += kAlphabet[random() % kAlphabet.size()];
    }
    const auto result = scan_config(text, "x.conf");
    if (result) continue;
    ASSERT_FALSE(result.error().empty());
    for (const ConfigError& error : result.error()) {
      ASSERT_EQ(error.to_string().find('\n'), std::string::npos);
      ASSERT_GE(error.line, 1u);
    }
  }
}

}  // namespace
}  // namespace hawser
