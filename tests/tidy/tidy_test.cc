// SPDX-License-Identifier: Apache-2.0
// Reads the repository and fails where a rule of CONTRIBUTING.md is broken.
#include <gtest/gtest.h>

#include <set>

#include "tests/tidy/rules.h"
#include "tests/tidy/source_tree.h"

namespace hawser::tidy {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> kTree = read_source_tree(HAWSER_SOURCE_DIR);
  return kTree;
}

class TidyRule : public testing::TestWithParam<Rule> {};

TEST_P(TidyRule, HoldsInTheTree) {
  for (const SourceFile& file : tree()) {
    for (const std::string& finding : GetParam().check(file)) ADD_FAILURE() << finding;
  }
}

TEST_P(TidyRule, FindsWhatIsWrongAndOnlyThat) {
  ASSERT_FALSE(GetParam().bad.empty());
  for (const SourceFile& file : GetParam().bad) {
    EXPECT_EQ(GetParam().check(file).size(), 1u) << file.path << ":\n" << file.text;
  }
  for (const SourceFile& file : GetParam().good) {
    for (const std::string& finding : GetParam().check(file)) ADD_FAILURE() << finding;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TidyRule, testing::ValuesIn(all_rules()),
                         [](const auto& rule) { return rule.param.name; });

TEST(SourceTree, HasAllFolders) {
  std::set<std::string> folders;
  for (const SourceFile& file : tree()) folders.insert(file.folder);
  for (const char* folder : {"antireplay", "base", "cli", "crypto", "multipath", "scripts", "tests",
                             "tun", "tunnel", "tunnel/io", ".ci"}) {
    EXPECT_TRUE(folders.contains(folder)) << folder;
  }
}

TEST(SourceTree, BlanksCommentsAndLiterals) {
  EXPECT_EQ(blank_comments_and_literals("a // b\nc"), "a     \nc");
  EXPECT_EQ(blank_comments_and_literals("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(blank_comments_and_literals("f(\"x\\\"y\", 'z', 1'000)"), "f(\"    \", ' ', 1'000)");
  EXPECT_EQ(blank_comments_and_literals("R\"(a\"b)\" c"), "R\"    )\" c");
}

}  // namespace
}  // namespace hawser::tidy
