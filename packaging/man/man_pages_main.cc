// SPDX-License-Identifier: Apache-2.0
// Writes the manual from the help pages and the table of keys that the programs have, so that they
// never disagree. Usage: hawser_man_pages DIRECTORY VERSION
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/help_text.h"
#include "packaging/man/config_page.h"
#include "packaging/man/man_text.h"

namespace hawser {
namespace {

std::string hawser_page(std::string_view version) {
  std::string page = man_title("hawser", "1", version);
  page += man_from_help(find_help_page("")->text, ManLevel::kPage);
  page += ".SH THE COMMANDS ONE BY ONE\n";
  for (const HelpPage& help : hawser_help_pages()) {
    if (!help.command.empty()) page += man_from_help(help.text, ManLevel::kInside);
  }
  return page + ".SH SEE ALSO\n.BR hawserd (8),\n.BR hawser.conf (5)\n";
}

std::string hawserd_page(std::string_view version) {
  return man_title("hawserd", "8", version) + man_from_help(hawserd_help(), ManLevel::kPage) +
         ".SH SEE ALSO\n.BR hawser (1),\n.BR hawser.conf (5)\n";
}

bool write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << man_without_empty_paragraphs(text);
  out.close();
  if (!out) std::cerr << "cannot write " << file << '\n';
  return !out.fail();
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: hawser_man_pages DIRECTORY VERSION\n";
    return 2;
  }
  const std::filesystem::path directory(argv[1]);
  const std::string_view version(argv[2]);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const bool written = hawser::write(directory / "hawser.1", hawser::hawser_page(version)) &&
                       hawser::write(directory / "hawserd.8", hawser::hawserd_page(version)) &&
                       hawser::write(directory / "hawser.conf.5", hawser::config_man_page(version));
  return written ? 0 : 1;
}
