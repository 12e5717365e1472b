// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/config_error.h"

namespace hawser {

// `key = value` as it stands in the file; white space and comments are gone.
struct ConfigEntry {
  unsigned line = 0;
  std::string key;
  std::string value;
};

// `[name]` or `[name.instance]`.
struct ConfigSection {
  std::string file;
  unsigned line = 0;
  std::string name;
  std::string instance;
  std::vector<ConfigEntry> entries;

  std::string title() const { return "[" + name + (instance.empty() ? "" : "." + instance) + "]"; }
  // Null if the key is not there.
  const ConfigEntry* find(std::string_view key) const;
};

struct ConfigText {
  std::string file;
  std::vector<ConfigSection> sections;

  const ConfigSection* find(std::string_view name, std::string_view instance) const;
};

inline constexpr std::size_t kConfigLineMax = 4096;

// Reads the INI form and nothing of its meaning; opens no file (`file` is for the messages). `#`
// begins a comment at the start of a line or behind white space. A repeated section and a repeated
// key are errors: merging them silently hides mistakes.
Result<ConfigText, ConfigErrors> scan_config(std::string_view text, std::string file);

// Without white space at both ends.
std::string_view trim(std::string_view text);
// Nor line ends.
std::string_view trim_text(std::string_view text);

}  // namespace hawser
