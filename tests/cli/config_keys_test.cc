// SPDX-License-Identifier: Apache-2.0
#include "cli/config_keys.h"

#include <gmock/gmock.h>

#include <set>

#include "cli/config_value.h"
#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

TEST(ConfigKeys, TheDocumentHasExactlyTheseTables) {
  const std::string document = read_text(std::string(HAWSER_SOURCE_DIR) + "/docs/config.md");
  std::size_t rows = 0;
  for (const std::string& line : lines_of(document)) rows += line.starts_with("| `") ? 1 : 0;
  EXPECT_EQ(rows, config_keys().size()) << "a row of docs/config.md is of no key";
  for (const ConfigSectionInfo& section : config_sections()) {
    EXPECT_THAT(document, HasSubstr(config_key_table(section.name)));
    EXPECT_THAT(document, HasSubstr(std::string(section.help)));
  }
}

TEST(ConfigKeys, EachBelongsToASectionAndIsUnique) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_NE(find_config_section(key.section), nullptr) << key.name;
    EXPECT_TRUE(seen.emplace(key.section, key.name).second) << key.name;
    EXPECT_EQ(find_config_key(key.section, key.name), &key);
  }
}

TEST(ConfigKeys, DefaultsThatAreValuesAreValid) {
  for (const ConfigKey& key : config_keys()) {
    const bool is_value = key.type == ConfigType::kChoice || key.type == ConfigType::kWords ||
                          key.type == ConfigType::kPowerOfTwo ||
                          (key.type == ConfigType::kNumber && key.name != "mtu");
    if (!is_value) continue;
    EXPECT_TRUE(check_config_value(key, key.default_text).has_value()) << key.name;
  }
}

TEST(ConfigKeys, NearestIsByEditDistance) {
  EXPECT_EQ(nearest_config_key("interface", "adress"), "address");
  EXPECT_EQ(nearest_config_key("interface", "listenport"), "listen-port");
  EXPECT_EQ(nearest_config_key("peer", "AllowedIPs"), "allowed-ips");
  EXPECT_EQ(nearest_config_key("sa", "spi_in"), "spi-in");
}

}  // namespace
}  // namespace hawser
