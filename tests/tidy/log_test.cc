// SPDX-License-Identifier: Apache-2.0
// docs/log.md has every line that the daemon logs, and no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/tidy/log_texts.h"

namespace hawser::tidy {
namespace {

// The rows of the tables: lines of the log, without what marks them as code.
std::vector<std::string> documented_rows() {
  std::ifstream in(std::string(HAWSER_SOURCE_DIR) + "/docs/log.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::erase(line, '`');
    rows.push_back(line.substr(2, line.find(" | ", 2) - 2));
  }
  return rows;
}

std::vector<LogText> texts_of_the_tree() {
  std::vector<LogText> texts;
  for (const SourceFile& file : read_source_tree(HAWSER_SOURCE_DIR)) {
    for (LogText& text : log_texts(file)) texts.push_back(std::move(text));
  }
  return texts;
}

std::string shown(const LogText& text) {
  std::string shown = text.path + ":" + std::to_string(text.line) + ":";
  for (const std::string& fragment : text.fragments) shown += " \"" + fragment + "\"";
  return shown;
}

TEST(Log, EveryLineIsDocumented) {
  const auto rows = documented_rows();
  const auto texts = texts_of_the_tree();
  EXPECT_GT(texts.size(), 90u) << "the sources are not read as they should be";
  for (const LogText& text : texts) {
    EXPECT_TRUE(std::ranges::any_of(rows, [&](const auto& row) { return row_has(row, text); }))
        << shown(text) << ": add a row to docs/log.md: line, meaning, what to do";
  }
}

TEST(Log, WhatIsDocumentedIsLogged) {
  const auto texts = texts_of_the_tree();
  for (const std::string& row : documented_rows()) {
    EXPECT_TRUE(std::ranges::any_of(texts, [&](const auto& text) { return row_has(row, text); }))
        << "docs/log.md has a line that no source logs: " << row;
  }
}

TEST(Log, EachRowSaysWhatToDo) {
  std::ifstream in(std::string(HAWSER_SOURCE_DIR) + "/docs/log.md");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::size_t cells = 0;
    for (std::size_t at = line.find(" | "); at != line.npos; at = line.find(" | ", at + 3)) ++cells;
    EXPECT_EQ(cells, 2u) << line;
    EXPECT_EQ(line.find("|  |"), line.npos) << line;
  }
}

using Fragments = std::vector<std::string>;

TEST(LogTexts, AreFoundInTheSources) {
  const auto texts = [](const char* path, const char* code) {
    std::vector<Fragments> found;
    for (const LogText& text : log_texts(make_source_file(path, code))) {
      found.push_back(text.fragments);
    }
    return found;
  };
  using All = std::vector<Fragments>;
  EXPECT_EQ(texts("cli/a.cc", "spdlog::warn(\"peer {}: gone to {}\", f(\"x\"), b);"),
            (All{{"peer ", ": gone to "}}));
  EXPECT_EQ(texts("cli/a.cc", "spdlog::error(\"{}\", error); // \"no words here\""), All{});
  EXPECT_EQ(texts("tun/a.cc", "return os_failure(\"not done: \" + f(x) + \" failed\");"),
            (All{{"not done: "}}));
  EXPECT_EQ(texts("cli/a.cc", "what = \"cannot see\";\nx = \"cannot\";"), (All{{"cannot see"}}));
  EXPECT_EQ(texts("cli/a.cc", "hint = \"this is off and so nothing is passed on\";"),
            (All{{"this is off and so nothing is passed on"}}));
  EXPECT_EQ(texts("cli/a.cc", "answer = \"try again\";"), All{});
  EXPECT_EQ(texts("cli/event_report.cc",
                  "  f() {\n    return {\"peer-lost\", \"peer \" + name + \" lost\"};\n  }\n"
                  "  g() {\n    return {\"x\", \"name \" + (a ? \" once\" : \" twice\") + \" "
                  "gone\"};\n  }"),
            (All{{"peer ", " lost"}, {"name ", " once", " gone"}, {"name ", " twice", " gone"}}));
  EXPECT_EQ(texts("cli/help_text.cc", "failure(\"cannot do it\")"), All{});
  EXPECT_EQ(texts("tunnel/a.cc", "failure(\"cannot do it\")"), All{});
}

TEST(LogTexts, AreMetInARowInTheirOrder) {
  const LogText text{"cli/a.cc", 1, {"peer ", " is `gone"}};
  EXPECT_TRUE(row_has("peer NAME is gone", text));
  EXPECT_FALSE(row_has("NAME is gone, peer ", text));
  EXPECT_FALSE(row_has("peer NAME", text));
}

}  // namespace
}  // namespace hawser::tidy
