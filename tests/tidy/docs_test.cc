// SPDX-License-Identifier: Apache-2.0
// The docs name what there is, and their links lead somewhere.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tunnel/drop_reason.h"

namespace hawser {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = HAWSER_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.insert((*it)[1].str());
  }
  return found;
}

TEST(Docs, CountersListEveryDropReasonAndNoOther) {
  std::set<std::string> reasons;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    reasons.insert(std::string(drop_reason_name(static_cast<DropReason>(i))));
  }
  EXPECT_EQ(reasons.size(), kDropReasonCount);
  EXPECT_EQ(all_matches(read(kRoot / "docs/counters.md"), "\n\\| `([^`]+)` \\|"), reasons);
}

TEST(Docs, QuietReasonsAreMarkedQuiet) {
  std::istringstream lines(read(kRoot / "docs/counters.md"));
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      const auto reason = static_cast<DropReason>(i);
      if (!line.starts_with("| `" + std::string(drop_reason_name(reason)) + "` |")) continue;
      EXPECT_EQ(line.find("*Quiet.*") != std::string::npos, drop_reason_is_quiet(reason)) << line;
    }
  }
}

TEST(Docs, LinksLeadToFiles) {
  std::vector<fs::path> pages = {kRoot / "README.md", kRoot / "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs")) pages.push_back(entry.path());
  std::size_t links = 0;
  for (const fs::path& page : pages) {
    for (const std::string& link : all_matches(read(page), "\\]\\(([^)#:]+)[^)]*\\)")) {
      EXPECT_TRUE(fs::exists(page.parent_path() / link)) << page << " has a link to " << link;
      ++links;
    }
  }
  EXPECT_GT(links, 4u);
}

}  // namespace
}  // namespace hawser
