// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hawser {

// roff for man(7) from plain text.

// Text inside a line: escapes what roff would take for its own, and sets `words` in bold.
std::string man_inline(std::string_view text);

// A paragraph of filled text.
std::string man_paragraph(std::string_view text);

// .TP: a term, and what it means.
std::string man_entry(std::string_view term, std::string_view text);

// .TH; the date stays empty, so that a page depends on its text only.
std::string man_title(std::string_view name, std::string_view section, std::string_view version);

// A help page of the programs: headings at the margin, lines below them indented by two. Headings
// become sections, or, for a page inside another, paragraphs under one subsection.
// Lists begin at TERM and two spaces, except in DESCRIPTION, SYNOPSIS and EXAMPLE.
enum class ManLevel { kPage, kInside };
std::string man_from_help(std::string_view help, ManLevel level);

// Takes out paragraph breaks that break nothing: what the functions above leave at their seams.
std::string man_without_empty_paragraphs(std::string_view page);

}  // namespace hawser
