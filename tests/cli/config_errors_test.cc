// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "cli/config_loader.h"
#include "tests/cli/test_support.h"
#include "tests/cli/wrong_configs.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class WrongConfigs : public ::testing::TestWithParam<WrongConfig> {};

TEST_P(WrongConfigs, IsOneErrorWithItsPlace) {
  const WrongConfig& wrong = GetParam();
  const TempDir dir;
  write_key_files(dir);
  const std::string file = dir.write("hw0.conf", config_with(wrong.replaced, wrong.text));

  const auto config = load_config(file);

  ASSERT_FALSE(config.has_value());
  std::string all;
  for (const ConfigError& error : config.error()) all += error.to_string() + "\n";
  ASSERT_EQ(config.error().size(), 1u) << all;
  const ConfigError& error = config.error().front();
  EXPECT_EQ(error.file, wrong.file.empty() ? file : dir.file(wrong.file)) << all;
  EXPECT_EQ(error.line, wrong.line) << all;
  EXPECT_EQ(error.key, wrong.key) << all;
  EXPECT_THAT(error.what, HasSubstr(wrong.fragment));
  EXPECT_THAT(all, testing::Not(testing::ContainsRegex("aaaaaaaaaa|bbbbbbbbbb")))
      << "key material in a message";
}

INSTANTIATE_TEST_SUITE_P(Table, WrongConfigs, ::testing::ValuesIn(wrong_configs()),
                         [](const auto& wrong) { return wrong.param.name; });

TEST(ConfigErrors, TheTableHasAsManyCasesAsPromised) {
  std::set<std::string> names;
  for (const WrongConfig& wrong : wrong_configs()) names.insert(wrong.name);
  EXPECT_GE(names.size(), 45u);
}

TEST(ConfigErrors, TheConfigThatTheTableBreaksIsRight) {
  const TempDir dir;
  write_key_files(dir);
  const auto config = load_config(dir.write("hw0.conf", config_with(0, "")));
  EXPECT_TRUE(config.has_value()) << config.error().front().to_string();
}

TEST(ConfigErrors, AllMistakesOfAKindAreReportedByLine) {
  const TempDir dir;
  const std::string file =
      dir.write("hw0.conf", "[interface]\nmtu = 1\nname = a/b\n[peer.x]\nfoo = 1\n");
  const auto config = load_config(file);
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 3u);
  EXPECT_THAT(config.error()[0].to_string(), StartsWith(file + ":2: mtu: "));
  EXPECT_THAT(config.error()[1].to_string(), StartsWith(file + ":3: name: "));
  EXPECT_THAT(config.error()[2].to_string(), StartsWith(file + ":5: foo: "));
}

TEST(ConfigErrors, MissingFilesAndDirectories) {
  const TempDir dir;
  const auto missing = load_config(dir.file("no.conf"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().front().what, HasSubstr("No such file"));
  const auto directory = load_config(dir.path());
  ASSERT_FALSE(directory.has_value());
  EXPECT_THAT(directory.error().front().what, HasSubstr("is a directory"));
}

TEST(ConfigErrors, AnEmptyConfigNamesWhatIsMissing) {
  const TempDir dir;
  const auto empty = load_config(dir.write("hw0.conf", ""));
  ASSERT_FALSE(empty.has_value());
  ASSERT_EQ(empty.error().size(), 1u);
  EXPECT_EQ(empty.error().front().key, "[interface]");
  const auto no_peer = load_config(dir.write("hw0.conf", "[interface]\n"));
  ASSERT_FALSE(no_peer.has_value());
  ASSERT_EQ(no_peer.error().size(), 1u);
  EXPECT_EQ(no_peer.error().front().key, "[peer.NAME]");
}

TEST(ConfigErrors, AKeyFileOfSomebodyElseIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const TempDir dir;
  write_key_files(dir);
  ASSERT_EQ(chown(dir.file("lab.keys").c_str(), 12345, 12345), 0);
  const auto config = load_config(dir.write("hw0.conf", config_with(0, "")));
  ASSERT_FALSE(config.has_value());
  EXPECT_THAT(config.error().front().what, HasSubstr("belongs to user 12345"));
}

// The same table through the command that people use.
TEST(ConfigErrors, CheckPrintsOneLineAndExitsWithTwo) {
  for (const WrongConfig& wrong : wrong_configs()) {
    SCOPED_TRACE(wrong.name);
    const TempDir dir;
    write_key_files(dir);
    const std::string file = dir.write("hw0.conf", config_with(wrong.replaced, wrong.text));
    const ProgramResult result = run_program(dir, {HAWSER_PROGRAM, "check", file});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    ASSERT_EQ(lines_of(result.err).size(), 1u) << result.err;
    const std::string where = wrong.file.empty() ? file : dir.file(wrong.file);
    EXPECT_THAT(result.err,
                StartsWith(where + ":" + std::to_string(wrong.line) + ": " + wrong.key + ": "));
    EXPECT_THAT(result.err, HasSubstr(wrong.fragment));
  }
}

}  // namespace
}  // namespace hawser
