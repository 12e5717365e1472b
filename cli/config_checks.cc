// SPDX-License-Identifier: Apache-2.0
#include "cli/config_checks.h"

#include "cli/config_keys.h"
#include "cli/config_value.h"
#include "multipath/traffic_policy.h"

namespace hawser {
namespace {

std::string unknown_key_text(const ConfigSection& section, std::string_view key) {
  const std::string_view other = section_of_config_key(key);
  if (!other.empty()) {
    const bool instance = find_config_section(other)->has_instance;
    return "does not belong in " + section.title() + "; move it to [" + std::string(other) +
           (instance ? ".NAME]" : "]");
  }
  return "is not a key of " + section.title() + "; the nearest one is `" +
         std::string(nearest_config_key(section.name, key)) + "`";
}

// Empty if the header is right.
std::string section_problem(const ConfigSection& section) {
  const ConfigSectionInfo* info = find_config_section(section.name);
  if (info == nullptr) {
    return "is not a known section; write one of " + known_sections_text();
  }
  const std::string name(section.name);
  if (info->has_instance && section.instance.empty()) {
    return "has no name; write [" + name + ".NAME]";
  }
  if (!info->has_instance && !section.instance.empty()) {
    return "takes no name; write [" + name + "]";
  }
  if (section.name == "class" && !parse_traffic_class(section.instance)) {
    return "is not a class of traffic; write [class.real-time], [class.interactive] or "
           "[class.bulk]";
  }
  return {};
}

}  // namespace

ConfigErrors check_config_keys(const ConfigText& text) {
  ConfigErrors errors;
  for (const ConfigSection& section : text.sections) {
    if (std::string problem = section_problem(section); !problem.empty()) {
      errors.push_back({text.file, section.line, section.title(), std::move(problem)});
      continue;
    }
    for (const ConfigEntry& entry : section.entries) {
      const ConfigKey* key = find_config_key(section.name, entry.key);
      if (key == nullptr) {
        errors.push_back({text.file, entry.line, entry.key, unknown_key_text(section, entry.key)});
        continue;
      }
      if (auto ok = check_config_value(*key, entry.value); !ok) {
        errors.push_back({text.file, entry.line, entry.key, std::move(ok.error())});
      }
    }
  }
  return errors;
}

}  // namespace hawser
