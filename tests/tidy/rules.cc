// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/rules.h"

#include <map>
#include <regex>
#include <set>

namespace hawser::tidy {
namespace {

using Findings = std::vector<std::string>;

// DESIGN's diagram: what each library may include of ours. Folders that are not named (tests,
// bench) may include everything, and nothing may include them.
const std::map<std::string, std::set<std::string>>& allowed_includes() {
  static const std::map<std::string, std::set<std::string>> kAllowed = {
      {"base", {}},
      {"crypto", {"base"}},
      {"antireplay", {"base"}},
      {"ike-lite", {"base", "crypto"}},
      {"multipath", {"base", "crypto"}},
      {"tunnel", {"base", "crypto", "antireplay", "multipath", "ike-lite"}},
      {"tun", {"base"}},
      {"tunnel/io", {"base", "crypto", "antireplay", "multipath", "ike-lite", "tunnel", "tun"}},
      {"cli",
       {"base", "crypto", "antireplay", "multipath", "ike-lite", "tunnel", "tun", "tunnel/io"}},
  };
  return kAllowed;
}

bool is_below_the_line(const SourceFile& file) {
  static const std::set<std::string> kBelow = {"base",     "crypto",    "antireplay",
                                               "ike-lite", "multipath", "tunnel"};
  return file.is_cpp() && kBelow.contains(file.folder);
}

bool is_product(const SourceFile& file) {
  return file.is_cpp() && allowed_includes().contains(file.folder);
}

std::string at(const SourceFile& file, std::size_t line, const std::string& why) {
  return file.path + ":" + std::to_string(line + 1) + ": " + why;
}

Findings find_in_lines(const SourceFile& file, const std::string& text, const std::regex& pattern,
                       const std::string& why) {
  Findings findings;
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], pattern)) findings.push_back(at(file, i, why));
  }
  return findings;
}

std::string folder_of_include(const std::string& include) {
  if (include.starts_with("tunnel/io/")) return "tunnel/io";
  return include.substr(0, include.find('/'));
}

// The includes of a file with their line numbers: literals are blanked in `code`, so this reads
// `text`.
std::vector<std::pair<std::size_t, std::string>> includes_of(const SourceFile& file, char open) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
  std::vector<std::pair<std::size_t, std::string>> includes;
  const auto lines = split_lines(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(lines[i], match, kInclude) && match[1].str()[0] == open) {
      includes.emplace_back(i, match[2].str());
    }
  }
  return includes;
}

Findings check_layers(const SourceFile& file) {
  if (!is_product(file)) return {};
  Findings findings;
  for (const auto& [line, include] : includes_of(file, '"')) {
    const std::string folder = folder_of_include(include);
    if (include.find('/') == std::string::npos) {
      findings.push_back(at(file, line, "write \"" + include + "\" from the repository root"));
    } else if (folder != file.folder && !allowed_includes().at(file.folder).contains(folder)) {
      findings.push_back(at(file, line, file.folder + " must not include " + include));
    }
  }
  return findings;
}

Findings check_crypto_headers(const SourceFile& file) {
  static const std::regex kLibrary("^(openssl/|sodium|intel-ipsec-mb|gcrypt|mbedtls/)");
  // The TLS carrier is the one place beside crypto/.
  if (!is_product(file) || file.folder == "crypto" ||
      file.path.starts_with("tunnel/io/tls_carrier")) {
    return {};
  }
  Findings findings;
  for (const auto& [line, include] : includes_of(file, '<')) {
    if (std::regex_search(include, kLibrary)) {
      findings.push_back(at(file, line, "only crypto/ includes " + include));
    }
  }
  return findings;
}

Findings check_system_headers(const SourceFile& file) {
  static const std::regex kSystem(
      "^(sys/socket|sys/epoll|sys/ioctl|sys/uio|linux/|net/|unistd|fcntl|poll|thread|fstream|"
      "iostream|spdlog/|fmt/|boost/|nlohmann/|libmnl/|sys/time|time\\.h|ctime)");
  if (!is_below_the_line(file) || file.folder == "crypto") return {};
  Findings findings;
  for (const auto& [line, include] : includes_of(file, '<')) {
    if (std::regex_search(include, kSystem)) {
      findings.push_back(at(file, line, "no I/O, logging or clock below the line: " + include));
    }
  }
  return findings;
}

// One pattern that code below the line does not contain.
std::function<Findings(const SourceFile&)> never_below(const char* pattern, const char* why) {
  return [regex = std::regex(pattern), why = std::string(why)](const SourceFile& file) {
    return is_below_the_line(file) ? find_in_lines(file, file.code, regex, why) : Findings{};
  };
}

Findings check_columns(const SourceFile& file) {
  Findings findings;
  const auto lines = split_lines(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t columns = 0;
    for (const char c : lines[i]) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (columns > 100) findings.push_back(at(file, i, "over 100 columns"));
  }
  return findings;
}

Findings check_leftovers(const SourceFile& file) {
  // In two parts, so that this file passes its own rule.
  static const std::regex kLeftover(
      "\\b(FIX"
      "ME|TO"
      "DO|X"
      "XX|HA"
      "CK)\\b");
  return find_in_lines(file, file.text, kLeftover, "a leftover note");
}

Findings check_licence(const SourceFile& file) {
  const auto lines = split_lines(file.text);
  for (std::size_t i = 0; i < lines.size() && i < 2; ++i) {
    if (lines[i].find("SPDX-License-Identifier: Apache-2.0") != std::string::npos) return {};
  }
  return {at(file, 0, "the first line must be the SPDX line")};
}

Findings check_length(const SourceFile& file) {
  if (!is_product(file)) return {};
  const std::size_t limit = file.path.ends_with(".h") ? 150 : 400;
  const std::size_t lines = split_lines(file.text).size();
  if (lines <= limit) return {};
  return {at(file, lines - 1, "more than " + std::to_string(limit) + " lines: split it by duty")};
}

Findings check_machine_paths(const SourceFile& file) {
  static const std::regex kPath(
      "(^|[^\\w.$}])/(ho"
      "me|wo"
      "rk|Us"
      "ers|ro"
      "ot)/");
  return find_in_lines(file, file.text, kPath, "a path of one machine");
}

Findings check_pragma_once(const SourceFile& file) {
  if (!file.path.ends_with(".h") || file.text.find("#pragma once") != std::string::npos) return {};
  return {at(file, 0, "no #pragma once")};
}

SourceFile snippet(const char* path, std::string text) {
  return make_source_file(path, std::move(text));
}

std::string many_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "int x;\n";
  return text;
}

std::vector<Rule> layer_rules() {
  return {
      {"Layers",
       check_layers,
       {snippet("base/a.h", "#include \"crypto/aead.h\"\n"),
        snippet("antireplay/a.h", "#include \"multipath/path.h\"\n"),
        snippet("ike-lite/a.cc", "#include \"antireplay/replay_window.h\"\n"),
        snippet("tunnel/a.cc", "#include \"tunnel/io/udp_socket.h\"\n"),
        snippet("tunnel/a.cc", "#include \"tun/tun_device.h\"\n"),
        snippet("tun/a.cc", "#include \"tunnel/packet.h\"\n"),
        snippet("cli/a.cc", "#include \"tests/fake.h\"\n"),
        snippet("tunnel/io/a.cc", "#include \"cli/config.h\"\n"),
        snippet("crypto/a.cc", "#include \"aead.h\"\n")},
       {snippet("tunnel/a.cc", "#include \"antireplay/replay_window.h\"\n#include <vector>\n"),
        snippet("tunnel/io/a.cc", "#include \"tun/tun_device.h\"\n#include \"tunnel/io/a.h\"\n"),
        snippet("tests/cli/a.cc", "#include \"cli/config.h\"\n")}},
      {"CryptoLibraries",
       check_crypto_headers,
       {snippet("tunnel/a.cc", "#include <openssl/evp.h>\n"),
        snippet("cli/a.cc", "#include <sodium.h>\n"),
        snippet("tunnel/io/a.cc", "#include <intel-ipsec-mb.h>\n")},
       {snippet("crypto/a.cc", "#include <openssl/evp.h>\n"),
        snippet("tunnel/io/tls_carrier.cc", "#include <openssl/ssl.h>\n")}},
      {"SystemHeaders",
       check_system_headers,
       {snippet("tunnel/a.cc", "#include <sys/socket.h>\n"),
        snippet("multipath/a.cc", "#include <spdlog/spdlog.h>\n"),
        snippet("base/a.cc", "#include <thread>\n")},
       {snippet("tunnel/io/a.cc", "#include <sys/socket.h>\n")}},
  };
}

std::vector<Rule> code_rules() {
  return {
      {"NoClock",
       never_below("::now\\s*\\(|\\bclock_gettime\\b|\\bgettimeofday\\b", "reads a clock"),
       {snippet("tunnel/a.cc", "auto t = std::chrono::steady_clock::now();\n"),
        snippet("base/a.cc", "clock_gettime(CLOCK_MONOTONIC, &t);\n")},
       {snippet("tunnel/a.cc", "// has no ::now()\nconst char* t = \"::now()\";\n"),
        snippet("tunnel/io/a.cc", "auto t = std::chrono::steady_clock::now();\n")}},
      {"NoRandomOfItsOwn",
       never_below("\\brandom_device\\b|\\bmt19937|\\brand\\s*\\(|\\bgetrandom\\b",
                   "draws randomness"),
       {snippet("tunnel/a.cc", "std::random_device d;\n")},
       {snippet("tunnel/a.cc", "std::uint8_t random() const;\n")}},
      {"NoThrow",
       never_below("\\b(throw|try|catch)\\b", "exceptions below the line"),
       {snippet("crypto/a.cc", "if (bad) throw Error();\n")},
       {snippet("crypto/a.cc", "// never throws; throw is for cli\n/* throw */ int x = 'a';\n"),
        snippet("cli/a.cc", "throw Error();\n")}},
      {"NoMacro",
       never_below("^\\s*#\\s*define\\b", "a macro below the line"),
       {snippet("base/a.h", "#pragma once\n  # define X 1\n")},
       {snippet("base/a.h", "#pragma once\n// #define X\n")}},
      {"NoByteOrderCalls",
       [](const SourceFile& file) {
         static const std::regex kCalls("\\b(ntohs|ntohl|htons|htonl|be64toh|htobe64)\\s*\\(");
         if (!is_below_the_line(file) || file.path == "base/bytes.h") return Findings{};
         return find_in_lines(file, file.code, kCalls, "use base/bytes.h");
       },
       {snippet("tunnel/a.cc", "x = ntohl(y);\n")},
       {snippet("tunnel/io/a.cc", "x = htons(y);\n")}},
  };
}

std::vector<Rule> form_rules() {
  return {
      {"Columns",
       check_columns,
       {snippet("cli/a.cc", std::string(101, 'x') + "\n")},
       {snippet("cli/a.cc", std::string(100, 'x') + "\n")}},
      {"Leftovers",
       check_leftovers,
       {snippet("cli/a.cc",
                "// TO"
                "DO: later\n"),
        snippet("scripts/a",
                "# FIX"
                "ME\n")},
       {snippet("cli/a.cc", "// nothing TODOish\n")}},
      {"Licence",
       check_licence,
       {snippet("cli/a.cc", "int x;\n"), snippet("scripts/a", "#!/bin/sh\n\nx\n")},
       {snippet("scripts/a", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")}},
      {"Length",
       check_length,
       {snippet("cli/a.h", many_lines(151)), snippet("tunnel/a.cc", many_lines(401))},
       {snippet("cli/a.h", many_lines(150)), snippet("tests/a.cc", many_lines(401))}},
      {"MachinePaths",
       check_machine_paths,
       {snippet("scripts/a",
                "cd /ho"
                "me/me/hawser\n"),
        snippet("tests/a.cc",
                "open(\"/wo"
                "rk/x\")\n")},
       {snippet("scripts/a", "cd \"$here/home/x\"\nls /etc/hawser/\n")}},
      {"PragmaOnce",
       check_pragma_once,
       {snippet("cli/a.h", "int x;\n")},
       {snippet("cli/a.h", "#pragma once\n")}},
  };
}

}  // namespace

std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (auto& part : {layer_rules(), code_rules(), form_rules()}) {
    rules.insert(rules.end(), part.begin(), part.end());
  }
  return rules;
}

}  // namespace hawser::tidy
