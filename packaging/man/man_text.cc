// SPDX-License-Identifier: Apache-2.0
#include "packaging/man/man_text.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hawser {
namespace {

constexpr std::size_t kIndent = 2;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_heading(std::string_view line) { return !line.empty() && line[0] != ' '; }

// "TERM  text" is the first line of an entry; npos if it is none.
std::size_t end_of_term(std::string_view line) {
  if (indent_of(line) != kIndent) return std::string_view::npos;
  return line.find("  ", kIndent);
}

// The lines below one heading, each kind of line as roff likes it.
class Section {
 public:
  explicit Section(std::string_view heading)
      : is_literal_(heading == "SYNOPSIS" || heading == "EXAMPLE"),
        has_entries_(heading != "DESCRIPTION" && heading != "NAME" && !is_literal_) {}

  void add(std::string_view line) {
    const std::size_t indent = indent_of(line);
    const std::size_t term_end = has_entries_ ? end_of_term(line) : std::string_view::npos;
    if (line.empty()) {
      set_literal(false);
      roff_ += ".PP\n";
    } else if (term_end != std::string_view::npos) {
      const std::size_t text = line.find_first_not_of(' ', term_end);
      roff_ += man_entry(line.substr(kIndent, term_end - kIndent), line.substr(text));
    } else {
      set_literal(is_literal_ || (!has_entries_ && indent > kIndent));
      roff_ += man_inline(line.substr(indent)) + "\n";
    }
  }

  std::string finish() && {
    set_literal(false);
    return std::move(roff_);
  }

 private:
  void set_literal(bool wanted) {
    if (wanted != in_literal_) roff_ += wanted ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n";
    in_literal_ = wanted;
  }

  bool is_literal_;
  bool has_entries_;
  bool in_literal_ = false;
  std::string roff_;
};

}  // namespace

std::string man_inline(std::string_view text) {
  std::string out;
  bool bold = false;
  if (!text.empty() && (text[0] == '.' || text[0] == '\'')) out += "\\&";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '`':
        bold = !bold;
        out += bold ? "\\fB" : "\\fR";
        break;
      default:
        out += c;
    }
  }
  // A name that goes on in the next line.
  if (bold) out += "\\fR";
  return out;
}

std::string man_paragraph(std::string_view text) { return ".PP\n" + man_inline(text) + "\n"; }

std::string man_entry(std::string_view term, std::string_view text) {
  return ".TP\n\\fB" + man_inline(term) + "\\fR\n" + man_inline(text) + "\n";
}

std::string man_title(std::string_view name, std::string_view section, std::string_view version) {
  return ".\\\" SPDX\\-License\\-Identifier: Apache\\-2.0\n.TH \"" + std::string(name) + "\" " +
         std::string(section) + " \"\" \"Hawser " + std::string(version) + "\"\n";
}

std::string man_from_help(std::string_view help, ManLevel level) {
  std::string roff;
  std::string heading;
  std::vector<std::string_view> body;
  const auto flush = [&] {
    if (heading.empty()) return;
    if (level == ManLevel::kPage) {
      roff += ".SH " + heading + "\n";
    } else if (heading != "NAME") {
      roff += ".PP\n\\fI" + heading + "\\fR\n";
      if (heading != "SYNOPSIS" && heading != "EXAMPLE") roff += ".PP\n";
    }
    while (!body.empty() && body.back().empty()) body.pop_back();
    Section section(heading);
    for (const std::string_view line : body) section.add(line);
    const std::string text = std::move(section).finish();
    // NAME - WHAT: of a page inside another its subsection.
    if (level == ManLevel::kInside && heading == "NAME") {
      roff += ".SS " + text;
    } else {
      roff += text;
    }
  };
  for (const std::string_view line : lines_of(help)) {
    if (is_heading(line)) {
      flush();
      heading = line;
      body.clear();
    } else {
      body.push_back(line);
    }
  }
  flush();
  return roff;
}

std::string man_without_empty_paragraphs(std::string_view page) {
  const auto begins_one = [](std::string_view line) {
    return line == ".PP" || line == ".TP" || line.starts_with(".SH") || line.starts_with(".SS");
  };
  const std::vector<std::string_view> lines = lines_of(page);
  std::string result;
  std::string_view before;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_last = i + 1 == lines.size();
    const bool is_empty = is_last || begins_one(lines[i + 1]) || before.starts_with(".S");
    if (lines[i] == ".PP" && is_empty) continue;
    before = lines[i];
    result += std::string(lines[i]) + "\n";
  }
  return result;
}

}  // namespace hawser
