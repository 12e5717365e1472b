// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "cli/config_checks.h"

namespace hawser {
namespace {

constexpr std::size_t kConfigFileMax = 1024 * 1024;
constexpr const char* kPeersDirectory = "peers.d";

ConfigErrors one_error(ConfigError error) {
  ConfigErrors errors;
  errors.push_back(std::move(error));
  return errors;
}

Result<ConfigText, ConfigErrors> scan_file(const std::string& file) {
  auto content = read_config_file(file);
  if (!content) return failure(one_error({file, 1, "file", content.error()}));
  auto text = scan_config(*content, file);
  if (!text) return text;
  if (ConfigErrors errors = check_config_keys(*text); !errors.empty()) {
    return failure(std::move(errors));
  }
  return text;
}

// Sorted by name, so that errors come in an order that people expect.
std::vector<std::string> files_in(const std::filesystem::path& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

// What makes a file one of a peer: [peer.NAME] once, and [sa.NAME] at most.
ConfigErrors find_other_sections(const ConfigText& text) {
  ConfigErrors errors;
  const ConfigSection* peer = nullptr;
  for (const ConfigSection& section : text.sections) {
    if (section.name == "peer" && peer == nullptr) {
      peer = &section;
    } else if (section.name == "peer") {
      errors.push_back({text.file, section.line, section.title(),
                        "is a second peer; write one file for each in this directory"});
    } else if (section.name != "sa") {
      errors.push_back({text.file, section.line, section.title(),
                        "does not belong into a file for one peer; move it to the main config"});
    }
  }
  if (peer == nullptr) {
    errors.push_back({text.file, 1, "[peer.NAME]", "is missing; write one, or remove the file"});
  }
  return errors;
}

void append(ConfigErrors& errors, ConfigErrors more) {
  for (ConfigError& error : more) errors.push_back(std::move(error));
}

}  // namespace

Result<std::string, std::string> read_config_file(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return failure(std::string("is a directory; write the name of a config file"));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return failure("cannot be read: " + std::string(std::strerror(errno)) +
                   "; write the name of a config file");
  std::string text(kConfigFileMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) return failure(std::string("cannot be read"));
  if (text.size() > kConfigFileMax) {
    return failure(std::string("has more than 1 MiB; is this a config file?"));
  }
  return text;
}

Result<ConfigText, ConfigErrors> read_config_text(const std::string& file) {
  auto text = scan_file(file);
  if (!text) return text;
  const ConfigSection* interface = text->find("interface", "");
  const ConfigEntry* named = interface != nullptr ? interface->find("peers-dir") : nullptr;
  const std::filesystem::path directory = std::filesystem::path(file).parent_path() /
                                          (named != nullptr ? named->value : kPeersDirectory);
  std::set<std::string> titles;
  for (const ConfigSection& section : text->sections) titles.insert(section.title());
  ConfigErrors errors;
  for (const std::string& peer_file : files_in(directory)) {
    auto peer = scan_file(peer_file);
    if (!peer) {
      append(errors, std::move(peer.error()));
      continue;
    }
    append(errors, find_other_sections(*peer));
    for (ConfigSection& section : peer->sections) {
      if (section.name == "interface") continue;  // said above
      if (!titles.insert(section.title()).second) {
        errors.push_back({peer_file, section.line, section.title(),
                          "is in another file of this config, too; give it another name"});
      }
      text->sections.push_back(std::move(section));
    }
  }
  if (!errors.empty()) return failure(std::move(errors));
  return text;
}

}  // namespace hawser
