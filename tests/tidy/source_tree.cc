// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hawser::tidy {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 14> kTops = {
    "antireplay", "base",      "bench",   "cli",   "cmake", "crypto", "ike-lite",
    "multipath",  "packaging", "scripts", "tests", "tun",   "tunnel", ".ci"};

bool is_source(const fs::path& path) {
  static const std::array<std::string, 7> kEndings = {".h",     ".cc", ".py", ".sh",
                                                      ".cmake", ".in", ""};
  if (path.filename() == "CMakeLists.txt") return true;
  return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string folder_of(std::string_view path) {
  if (path.starts_with("tunnel/io/")) return "tunnel/io";
  return std::string(path.substr(0, path.find('/')));
}

}  // namespace

bool SourceFile::is_cpp() const { return path.ends_with(".h") || path.ends_with(".cc"); }

SourceFile make_source_file(std::string path, std::string text) {
  SourceFile file{std::move(path), std::move(text), {}, {}};
  file.folder = folder_of(file.path);
  file.code = file.is_cpp() ? blank_comments_and_literals(file.text) : file.text;
  return file;
}

std::vector<SourceFile> read_source_tree(const std::string& root) {
  std::vector<SourceFile> files;
  for (const std::string_view top : kTops) {
    const fs::path folder = fs::path(root) / top;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string path = fs::relative(entry.path(), root).string();
      // Corpora and vectors are data, whatever their names look like.
      if (path.starts_with("tests/fuzz/corpus/") || path.starts_with("tests/vectors/")) continue;
      if (path.find("__pycache__") != std::string::npos) continue;
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      files.push_back(make_source_file(path, read_file(entry.path())));
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

std::string blank_comments_and_literals(std::string_view text) {
  enum class In { kCode, kLine, kBlock, kString, kChar, kRaw } in = In::kCode;
  std::string out(text);
  std::string raw_end;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool digit_separator = c == '\'' && i > 0 && std::isxdigit(text[i - 1]) != 0;
    if (in == In::kCode) {
      if (c == '/' && next == '/') in = In::kLine;
      if (c == '/' && next == '*') in = In::kBlock;
      if (c == '"' && i > 0 && text[i - 1] == 'R') {
        const std::size_t open = text.find('(', i);
        raw_end = ")" + std::string(text.substr(i + 1, open - i - 1)) + "\"";
        in = In::kRaw;
      } else if (c == '"') {
        in = In::kString;
      } else if (c == '\'' && !digit_separator) {
        in = In::kChar;
      }
      if (in == In::kLine || in == In::kBlock) out[i] = ' ';
      continue;
    }
    if (in == In::kLine && c == '\n') in = In::kCode;
    if (in == In::kBlock && c == '*' && next == '/') {
      out[i] = out[i + 1] = ' ';
      ++i;
      in = In::kCode;
      continue;
    }
    if (in == In::kRaw && text.substr(i).starts_with(raw_end)) {
      i += raw_end.size() - 1;
      in = In::kCode;
      continue;
    }
    if ((in == In::kString && c == '"') || (in == In::kChar && c == '\'')) {
      in = In::kCode;
      continue;
    }
    if ((in == In::kString || in == In::kChar) && c == '\\') {
      out[i] = ' ';
      ++i;
    }
    if (out[i] != '\n') out[i] = ' ';
  }
  return out;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace hawser::tidy
