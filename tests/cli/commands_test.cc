// SPDX-License-Identifier: Apache-2.0
// The binaries as a user calls them; nothing here needs root.
#include <gmock/gmock.h>

#include "cli/help_text.h"
#include "crypto/identity_key.h"
#include "tests/cli/test_support.h"
#include "tests/cli/wrong_configs.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Commands : public ::testing::Test {
 protected:
  ProgramResult hawser(std::vector<std::string> words, std::string_view input = {}) {
    words.insert(words.begin(), HAWSER_PROGRAM);
    return run_program(dir_, std::move(words), input);
  }
  ProgramResult hawserd(std::vector<std::string> words) {
    words.insert(words.begin(), HAWSERD_PROGRAM);
    return run_program(dir_, std::move(words));
  }

  TempDir dir_;
};

TEST_F(Commands, Versions) {
  const ProgramResult command = hawser({"--version"});
  EXPECT_EQ(command.exit_code, 0);
  EXPECT_THAT(command.out, testing::MatchesRegex("hawser [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const ProgramResult daemon = hawserd({"--version"});
  EXPECT_EQ(daemon.exit_code, 0);
  EXPECT_EQ(daemon.out, "hawserd" + command.out.substr(6));
}

TEST_F(Commands, EveryHelpPageHasAllItsParts) {
  for (const HelpPage& page : hawser_help_pages()) {
    SCOPED_TRACE(page.command);
    const ProgramResult result =
        page.command.empty() ? hawser({"--help"}) : hawser({std::string(page.command), "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    for (const char* part :
         {"NAME\n", "SYNOPSIS\n", "DESCRIPTION\n", "OPTIONS\n", "EXIT STATUS\n", "EXAMPLE\n"}) {
      EXPECT_THAT(result.out, HasSubstr(part));
    }
    for (const std::string& line : lines_of(result.out)) EXPECT_LE(line.size(), 80u) << line;
    if (!page.command.empty()) {
      EXPECT_THAT(result.out, StartsWith("NAME\n  hawser " + std::string(page.command) + " - "));
      EXPECT_THAT(std::string(find_help_page("")->text),
                  HasSubstr("\n  " + std::string(page.command) + " "));
    }
  }
  EXPECT_EQ(hawserd({"--help"}).exit_code, 0);
}

TEST_F(Commands, WrongUsageIsOneSentenceAndTwo) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"frobnicate"},
      {"--frobnicate"},
      {"--runtime-dir"},
      {"check"},
      {"check", "a", "b"},
      {"keygen", "x"},
      {"keygen", "--manual"},
      {"keygen", "--manual", "aes-256-cbc", "a", "b"},
      {"pubkey", "x"},
      {"pubkey", "--json"},
      {"up"},
      {"up", "--json", "hw0"},
      {"down"},
      {"reload", "a", "b"},
      {"status", "a", "b"},
      {"monitor"},
      {"--js", "status"},
  };
  for (const auto& words : wrong) {
    SCOPED_TRACE(testing::PrintToString(words));
    const ProgramResult result = hawser(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
    EXPECT_THAT(result.err, StartsWith("hawser: "));
  }
  for (const auto& words : std::vector<std::vector<std::string>>{
           {}, {"--config"}, {"--config", "a", "b"}, {"a", "--log-level", "loud"}, {"a", "b"}}) {
    SCOPED_TRACE(testing::PrintToString(words));
    const ProgramResult result = hawserd(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
  }
}

TEST_F(Commands, KeygenAndPubkeyFitTogether) {
  const ProgramResult key = hawser({"keygen"});
  ASSERT_EQ(key.exit_code, 0);
  EXPECT_EQ(lines_of(key.out).size(), 1u);
  const auto parsed = IdentityPrivateKey::parse(key.out);
  ASSERT_TRUE(parsed.has_value());
  const ProgramResult pub = hawser({"pubkey"}, key.out);
  ASSERT_EQ(pub.exit_code, 0);
  EXPECT_EQ(pub.out, parsed->public_key().to_string() + "\n");
  EXPECT_EQ(hawser({"pubkey", "--pem"}, key.out).out, parsed->public_key().to_pem());
  EXPECT_NE(hawser({"keygen"}).out, key.out);
  const ProgramResult wrong = hawser({"pubkey"}, "nonsense\n");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(lines_of(wrong.err).size(), 1u);
}

TEST_F(Commands, ManualKeysMakeTwoRightConfigs) {
  for (const std::string cipher : {"aes-256-gcm", "aes-128-gcm", "chacha20-poly1305"}) {
    const std::string a = dir_.file("a-" + cipher);
    const std::string b = dir_.file("b-" + cipher);
    ASSERT_EQ(hawser({"keygen", "--manual", cipher, a, b}).exit_code, 0);
    for (const std::string& file : {a, b}) {
      const std::string config =
          dir_.write("hw0.conf", config_with(10, "key-file = " + file + "\ncipher = " + cipher));
      const ProgramResult result = hawser({"check", config});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(result.out, HasSubstr("good"));
    }
    const std::string before = read_text(a);
    EXPECT_EQ(hawser({"keygen", "--manual", cipher, a, b}).exit_code, 1);
    EXPECT_EQ(read_text(a), before);
  }
}

TEST_F(Commands, AHalfMadePairOfKeysIsRemoved) {
  dir_.write("b", "there already");
  const ProgramResult result =
      hawser({"keygen", "--manual", "aes-256-gcm", dir_.file("a"), dir_.file("b")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(dir_.file("a")));
  EXPECT_EQ(read_text(dir_.file("b")), "there already");
}

TEST_F(Commands, WithoutADaemon) {
  const std::string runtime = dir_.file("run");
  const ProgramResult all = hawser({"--runtime-dir", runtime, "--json", "status"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.out, HasSubstr("\"tunnels\": []"));
  for (const char* command : {"status", "sas", "down", "reload", "monitor"}) {
    const ProgramResult one = hawser({command, "hw0", "--runtime-dir", runtime});
    EXPECT_EQ(one.exit_code, 1) << command;
    EXPECT_THAT(one.err, StartsWith("hawser: no tunnel `hw0` runs"));
  }
}

TEST_F(Commands, AWrongConfigStartsNothing) {
  write_key_files(dir_);
  const std::string file = dir_.write("hw0.conf", config_with(3, "mtu = big"));
  const std::string runtime = dir_.file("run");
  for (const ProgramResult& result : {hawser({"up", file, "--runtime-dir", runtime}),
                                      hawserd({"--config", file, "--runtime-dir", runtime})}) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, StartsWith(file + ":3: mtu: "));
    EXPECT_EQ(lines_of(result.err).size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(runtime));
  }
}

}  // namespace
}  // namespace hawser
