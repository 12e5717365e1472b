// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hawser {

enum class ConfigType : std::uint8_t {
  kName,        // of a network interface
  kPrefixes,    // list of addresses with prefix length
  kNetworks,    // list of networks: no bit behind the prefix
  kNumber,      // within min and max
  kPowerOfTwo,  // within min and max, or `auto`
  kChoice,      // one of `range`
  kWords,       // one of `range`, or a list of its last ones
  kFile,        // relative to the config's directory
  kEndpoint,    // HOST:PORT
  kCommand,     // anything
  kTable,       // auto, off, or within min and max
  kNice,        // -20 to 19
  kPublicKey,   // ed25519:BASE64
  kSpi,         // 0x and 8 hex digits
  kIdentity,    // of an end of IKE
  kAddresses,   // list of addresses
  kChoices,     // list of some of `range`
  kGateways,    // list of addresses, at most one of each family
  kRate,        // bits per second: 20M
  kMatches,     // list of what makes a flow one of a class
  kPolicy,      // of a class
};

// One key of the config: the only place that says what there is. docs/config.md is checked against
// it.
struct ConfigKey {
  std::string_view section;
  std::string_view name;
  ConfigType type{};
  std::string_view type_text;
  std::string_view default_text;
  std::string_view range;  // for kChoice and kWords the values, with " | " between them
  std::string_view help;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

struct ConfigSectionInfo {
  std::string_view name;
  bool has_instance = false;
  std::string_view help;
};

std::span<const ConfigKey> config_keys();
std::span<const ConfigSectionInfo> config_sections();

const ConfigKey* find_config_key(std::string_view section, std::string_view name);
const ConfigSectionInfo* find_config_section(std::string_view name);
// "[interface], [peer.NAME], [sa.NAME]"
std::string known_sections_text();

// The key of the section with the smallest edit distance to `name`.
std::string_view nearest_config_key(std::string_view section, std::string_view name);
// The section that does have a key of this name, or empty.
std::string_view section_of_config_key(std::string_view name);

// The section's rows as they stand in docs/config.md.
std::string config_key_table(std::string_view section);

}  // namespace hawser
