// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/log_texts.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <utility>

namespace hawser::tidy {
namespace {

using Span = std::pair<std::size_t, std::size_t>;  // first and last octet

// Which literals of a piece of code are words of the log.
enum class Rule { kEveryWord, kSpaced, kPhrase };

// The command's own, what it prints goes to its user; and mistakes of a config, which
// docs/config.md is about: the log has them as FILE:LINE: KEY: WHAT.
bool is_silent(const SourceFile& file) {
  static const std::set<std::string> kSilent = {
      "cli/command_line.cc",     "cli/config_checks.cc",   "cli/config_file.cc",
      "cli/config_keys.cc",      "cli/config_loader.cc",   "cli/config_scanner.cc",
      "cli/config_value.cc",     "cli/control_client.cc",  "cli/control_protocol.cc",
      "cli/control_server.cc",   "cli/daemon_commands.cc", "cli/hawser_command.cc",
      "cli/hawser_main.cc",      "cli/help_key_text.cc",   "cli/help_path_text.cc",
      "cli/help_text.cc",        "cli/ike_loader.cc",      "cli/ike_report.cc",
      "cli/key_commands.cc",     "cli/key_file.cc",        "cli/logging.cc",
      "cli/manual_sa_loader.cc", "cli/path_changes.cc",    "cli/path_loader.cc",
      "cli/paths_report.cc",     "cli/paths_text.cc",      "cli/sandbox_calls.cc",
      "cli/status_report.cc",    "cli/status_text.cc",     "cli/up_command.cc"};
  static const std::set<std::string> kFolders = {"cli", "tun", "tunnel/io"};
  return !kFolders.contains(file.folder) || !file.is_cpp() || kSilent.contains(file.path);
}

std::vector<Span> find_literals(const std::string& code) {
  std::vector<Span> literals;
  for (std::size_t at = code.find('"'); at != code.npos; at = code.find('"', at + 1)) {
    const std::size_t end = code.find('"', at + 1);
    if (end == code.npos) break;
    literals.emplace_back(at, end);
    at = end;
  }
  return literals;
}

std::size_t closing_parenthesis(const std::string& code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == '(') ++depth;
    if (code[i] == ')' && --depth == 0) return i;
  }
  return code.size();
}

// Calls with all that is between their parentheses; those inside another are left out.
std::vector<Span> find_calls(const std::string& code, const std::regex& name) {
  std::vector<Span> calls;
  for (std::sregex_iterator it(code.begin(), code.end(), name), end; it != end; ++it) {
    const auto begin = static_cast<std::size_t>(it->position());
    if (!calls.empty() && begin < calls.back().second) continue;
    const auto open = begin + static_cast<std::size_t>(it->length()) - 1;
    calls.emplace_back(begin, closing_parenthesis(code, open));
  }
  return calls;
}

bool is_word_of(Rule rule, const std::string& fragment) {
  if (std::ranges::count_if(fragment, [](unsigned char c) { return std::isalpha(c); }) < 4) {
    return false;
  }
  const std::size_t begin = fragment.find_first_not_of(' ');
  const std::size_t end = fragment.find_last_not_of(' ');
  if (rule == Rule::kEveryWord) return true;
  if (rule == Rule::kSpaced) return fragment.find(' ') != fragment.npos;
  return fragment.find(' ', begin) < end;
}

// A literal cut at its {}.
void add_fragments(Rule rule, std::string literal, std::vector<std::string>& fragments) {
  for (;;) {
    const std::size_t hole = literal.find("{}");
    if (const std::string part = literal.substr(0, hole); is_word_of(rule, part)) {
      fragments.push_back(part);
    }
    if (hole == literal.npos) return;
    literal.erase(0, hole + 2);
  }
}

// A sentence that no call shows: it is made here and logged elsewhere.
bool is_sentence(const std::string& literal) {
  const std::string trimmed = std::regex_replace(literal, std::regex("^ +| +$"), "");
  return trimmed.starts_with("cannot ") || std::ranges::count(trimmed, ' ') >= 8;
}

class Extractor {
 public:
  explicit Extractor(const SourceFile& file)
      : file_(file), literals_(find_literals(file.code)), used_(literals_.size()) {}

  void add_calls(const char* name, Rule rule) {
    for (const Span& call : find_calls(file_.code, std::regex(name))) {
      LogText text = begin_text(call.first);
      for (std::size_t i = 0; i < literals_.size(); ++i) {
        if (literals_[i].first < call.first || literals_[i].second > call.second) continue;
        used_[i] = true;
        add_fragments(rule, content_of(i), text.fragments);
      }
      add(std::move(text));
    }
  }
  // The texts of events: one for each braced return, or for each word that it chooses with ?:.
  void add_events() {
    static const std::regex kEnd("\\};|\n(  )?\\}");
    std::size_t begin = 0;
    for (std::sregex_iterator it(file_.code.begin(), file_.code.end(), kEnd), end; it != end;
         ++it) {
      const auto at = static_cast<std::size_t>(it->position());
      add_event({begin, at});
      begin = at;
    }
  }
  void add_sentences() {
    for (std::size_t i = 0; i < literals_.size(); ++i) {
      if (!used_[i] && is_sentence(content_of(i))) add_literal(i);
    }
  }
  std::vector<LogText> take() && { return std::move(texts_); }

 private:
  void add_event(const Span& event) {
    LogText common = begin_text(event.first);
    std::vector<std::pair<std::size_t, std::string>> choices;  // and where they would stand
    for (std::size_t i = 0; i < literals_.size(); ++i) {
      if (literals_[i].first < event.first || literals_[i].second > event.second) continue;
      used_[i] = true;
      if (!is_word_of(Rule::kSpaced, content_of(i))) continue;
      if (is_choice(i)) {
        choices.emplace_back(common.fragments.size(), content_of(i));
      } else {
        common.fragments.push_back(content_of(i));
        common.line = begin_text(literals_[i].first).line;
      }
    }
    for (const auto& [at, word] : choices) {
      LogText text = common;
      text.fragments.insert(text.fragments.begin() + std::ptrdiff_t(at), word);
      add(std::move(text));
    }
    if (choices.empty()) add(std::move(common));
  }
  // One side of ?:.
  bool is_choice(std::size_t i) const {
    const auto beside = [&](std::size_t from, std::size_t to, const char* pattern) {
      return std::regex_match(file_.code.substr(from, to - from), std::regex(pattern));
    };
    const auto [begin, end] = literals_[i];
    const bool is_first = i + 1 < literals_.size() &&
                          beside(end + 1, literals_[i + 1].first, R"(\s*:\s*([\w.()]+\s*\?\s*)?)");
    const bool is_second =
        i > 0 && beside(literals_[i - 1].second + 1, begin, R"(\s*:\s*([\w.()]+\s*\?\s*)?)");
    return is_first || is_second;
  }
  void add_literal(std::size_t i) {
    used_[i] = true;
    LogText text = begin_text(literals_[i].first);
    add_fragments(Rule::kSpaced, content_of(i), text.fragments);
    add(std::move(text));
  }
  std::string content_of(std::size_t i) const {
    const auto [begin, end] = literals_[i];
    return file_.text.substr(begin + 1, end - begin - 1);
  }
  LogText begin_text(std::size_t at) const {
    const auto lines =
        std::count(file_.text.begin(), file_.text.begin() + std::ptrdiff_t(at), '\n');
    return {file_.path, static_cast<std::size_t>(lines) + 1, {}};
  }
  void add(LogText text) {
    if (!text.fragments.empty()) texts_.push_back(std::move(text));
  }

  const SourceFile& file_;
  std::vector<Span> literals_;
  std::vector<bool> used_;
  std::vector<LogText> texts_;
};

}  // namespace

std::vector<LogText> log_texts(const SourceFile& file) {
  if (is_silent(file)) return {};
  Extractor extractor(file);
  extractor.add_calls(R"(\bspdlog::(log|trace|debug|info|warn|error|critical)\()",
                      Rule::kEveryWord);
  if (file.path == "cli/event_report.cc") extractor.add_events();
  extractor.add_calls(R"(\b(\w*failure|fail|StartError|lasting)\()", Rule::kPhrase);
  extractor.add_sentences();
  return std::move(extractor).take();
}

bool row_has(const std::string& row, const LogText& text) {
  std::size_t at = 0;
  for (std::string fragment : text.fragments) {
    std::erase(fragment, '`');
    at = row.find(fragment, at);
    if (at == row.npos) return false;
    at += fragment.size();
  }
  return true;
}

}  // namespace hawser::tidy
