// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace hawser::tidy {

// What the sources say of one line of the log: its words that don't change, in order. "peer {} is
// at " + address gives {"peer ", " is at "}.
struct LogText {
  std::string path;
  std::size_t line = 0;
  std::vector<std::string> fragments;
};

// Formats of spdlog, the texts of events, and sentences of failures that reach the log.
std::vector<LogText> log_texts(const SourceFile& file);

// True if the row of docs/log.md has all words of the text in their order.
bool row_has(const std::string& row, const LogText& text);

}  // namespace hawser::tidy
