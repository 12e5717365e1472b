// SPDX-License-Identifier: Apache-2.0
#include "cli/config_scanner.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr std::string_view kWhite = " \t";
constexpr std::size_t kNameMax = 63;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || kWhite.find(line[i - 1]) != kWhite.npos)) {
      return line.substr(0, i);
    }
  }
  return line;
}

bool has_control_character(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7f;
  });
}

class Scanner {
 public:
  explicit Scanner(std::string file) { text_.file = std::move(file); }

  void scan_line(std::string_view line) {
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > kConfigLineMax) {
      return fail("line", "is longer than " + std::to_string(kConfigLineMax) +
                              " octets; is this a config file?");
    }
    if (has_control_character(line)) {
      return fail("line", "holds a control character; a config is plain text");
    }
    line = trim(without_comment(line));
    if (line.empty()) return;
    if (line.front() == '[') return scan_section(line);
    scan_entry(line);
  }

  Result<ConfigText, ConfigErrors> finish() && {
    if (!errors_.empty()) return failure(std::move(errors_));
    return std::move(text_);
  }

 private:
  void fail(std::string key, std::string what) {
    errors_.push_back({text_.file, line_, std::move(key), std::move(what)});
  }

  void scan_section(std::string_view line) {
    // Entries behind a bad header are not also "outside of a section".
    text_.sections.push_back({text_.file, line_, "", "", {}});
    const std::string shown(line.substr(0, kNameMax));
    if (line.back() != ']') {
      return fail(shown, "the section does not end with `]`; write [NAME] on a line of its own");
    }
    const std::string_view title = line.substr(1, line.size() - 2);
    const std::size_t dot = title.find('.');
    const std::string_view name = title.substr(0, dot);
    const std::string_view instance = dot == title.npos ? "" : title.substr(dot + 1);
    if (!is_name(name) || (dot != title.npos && !is_name(instance))) {
      return fail(shown,
                  "is not a section; write [interface] or [peer.NAME] with letters, digits, "
                  "`-` and `_` in NAME");
    }
    if (const ConfigSection* first = text_.find(name, instance)) {
      return fail(shown, "is repeated; the first one is in line " + std::to_string(first->line) +
                             ", put all its keys there");
    }
    text_.sections.back().name = name;
    text_.sections.back().instance = instance;
  }

  void scan_entry(std::string_view line) {
    const std::size_t equals = line.find('=');
    const std::string key(trim(line.substr(0, equals)));
    if (!is_name(key)) {
      // Not quoted: what stands here by mistake may be a private key.
      return fail("line", "does not begin with a key; write KEY = VALUE");
    }
    if (equals == line.npos) return fail(key, "has no value; write KEY = VALUE");
    if (text_.sections.empty()) {
      fail(key, "is outside of a section; begin with [interface]");
      text_.sections.emplace_back();  // said once
      return;
    }
    const std::string value(trim(line.substr(equals + 1)));
    if (value.empty()) return fail(key, "has no value; write one or remove the line");
    ConfigSection& section = text_.sections.back();
    if (const ConfigEntry* first = section.find(key)) {
      return fail(key, "is repeated; the first one is in line " + std::to_string(first->line) +
                           ", put several values into one list with commas");
    }
    section.entries.push_back({line_, key, value});
  }

  ConfigText text_;
  ConfigErrors errors_;
  unsigned line_ = 0;
};

}  // namespace

namespace {

std::string_view without(std::string_view text, std::string_view space) {
  const std::size_t first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace

std::string_view trim(std::string_view text) { return without(text, " \t"); }

std::string_view trim_text(std::string_view text) { return without(text, " \t\r\n"); }

const ConfigEntry* ConfigSection::find(std::string_view key) const {
  const auto it = std::ranges::find(entries, key, &ConfigEntry::key);
  return it == entries.end() ? nullptr : &*it;
}

const ConfigSection* ConfigText::find(std::string_view name, std::string_view instance) const {
  const auto it = std::ranges::find_if(sections, [&](const ConfigSection& section) {
    return section.name == name && section.instance == instance;
  });
  return it == sections.end() ? nullptr : &*it;
}

Result<ConfigText, ConfigErrors> scan_config(std::string_view text, std::string file) {
  Scanner scanner(std::move(file));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    scanner.scan_line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return std::move(scanner).finish();
}

}  // namespace hawser
