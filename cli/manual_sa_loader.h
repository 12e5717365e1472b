// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/config_error.h"
#include "cli/config_scanner.h"
#include "tunnel/endpoint.h"

namespace hawser {

// Makes ManualSa values of [sa.NAME] sections, and remembers what was used so that no key and no
// SPI slot is used twice in a config.
class ManualSaLoader {
 public:
  explicit ManualSaLoader(ConfigErrors& errors) : errors_(errors) {}

  // Nothing if there was an error.
  std::optional<ManualSa> load(const ConfigSection& section);

  // A file name of the config, relative to the config's directory.
  static std::string resolve_path(const std::string& config_file, const std::string& name);

 private:
  struct UsedKey {
    Secret key;  // without salt
    std::string where;
  };
  struct UsedSlot {
    std::uint16_t slot;
    std::string where;
  };

  const ConfigEntry* required(const ConfigSection& section, std::string_view key,
                              std::string_view hint);
  bool load_keys(const ConfigSection& section, const ConfigEntry& file, ManualSa& sa);
  bool claim_slot(const ConfigSection& section, const ConfigEntry& entry, Spi spi);
  bool claim_key(const ConfigEntry& file, const SaKey& key, const std::string& where);
  void fail(unsigned line, std::string key, std::string what) {
    errors_.push_back({file_, line, std::move(key), std::move(what)});
  }

  std::string file_;  // of the section that is loaded
  ConfigErrors& errors_;
  std::vector<UsedKey> keys_;
  std::vector<UsedSlot> slots_;
};

}  // namespace hawser
