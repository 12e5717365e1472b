// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hawser::tidy {

struct SourceFile {
  std::string path;    // from the repository root: "tunnel/io/udp_socket.cc"
  std::string text;    // as it stands
  std::string code;    // the same, with comments and the contents of literals blanked (C++ only)
  std::string folder;  // the library it belongs to: "tunnel", "tunnel/io", "tests", "scripts", ...

  bool is_cpp() const;
};

SourceFile make_source_file(std::string path, std::string text);

// Every source, script and CMake file of the repository, without build trees.
std::vector<SourceFile> read_source_tree(const std::string& root);

// Blanks comments and the insides of string and character literals; lines stay lines.
std::string blank_comments_and_literals(std::string_view text);

std::vector<std::string> split_lines(std::string_view text);

}  // namespace hawser::tidy
