// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace hawser::tidy {

// A rule of the house: what it finds wrong with one file, a line each ("path:12: why"), and a
// snippet that it must find wrong, so that a rule that went blind is noticed.
struct Rule {
  std::string name;
  std::function<std::vector<std::string>(const SourceFile&)> check;
  std::vector<SourceFile> bad;
  std::vector<SourceFile> good;
};

inline void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }

std::vector<Rule> all_rules();

}  // namespace hawser::tidy
