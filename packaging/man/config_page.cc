// SPDX-License-Identifier: Apache-2.0
#include "packaging/man/config_page.h"

#include "cli/config_keys.h"
#include "packaging/man/man_text.h"

namespace hawser {
namespace {

constexpr std::string_view kBegin = R"(NAME
  hawser.conf - the config of a tunnel

SYNOPSIS
  /etc/hawser/NAME.conf

DESCRIPTION
  One file describes one tunnel. `hawser check` says whether it is right, and
  what would be where it is not.

  Inside a section each line is KEY = VALUE. A repeated key or section is an
  error: several values are one list, with commas. `#` begins a comment at the
  start of a line or behind white space. There are no quotes and no escapes.
  File names are relative to the directory of the config. [interface] and at
  least one [peer.NAME] are required; NAME is up to 63 letters, digits, - and _.
)";

constexpr std::string_view kEnd = R"(EXAMPLE
  [interface]
  name = hw0
  address = 10.8.0.1/24

  [peer.branch]
  endpoint = 192.0.2.2:4500
  allowed-ips = 10.8.0.2/32, 192.168.2.0/24

  [sa.branch]
  spi-in = 0x01000001
  spi-out = 0x01000001
  key-file = branch.keys
)";

std::string section_title(const ConfigSectionInfo& section) {
  return "[" + std::string(section.name) + (section.has_instance ? ".NAME]" : "]");
}

std::string key_entry(const ConfigKey& key) {
  return man_entry(std::string(key.name), key.help) + ".br\nType: " + man_inline(key.type_text) +
         "; range: " + man_inline(key.range) + "; default: " + man_inline(key.default_text) + ".\n";
}

}  // namespace

std::string config_man_page(std::string_view version) {
  std::string page = man_title("hawser.conf", "5", version);
  page += man_from_help(kBegin, ManLevel::kPage);
  for (const ConfigSectionInfo& section : config_sections()) {
    page += ".SH " + section_title(section) + "\n" + man_paragraph(section.help);
    for (const ConfigKey& key : config_keys()) {
      if (key.section == section.name) page += key_entry(key);
    }
  }
  page += man_from_help(kEnd, ManLevel::kPage);
  page += ".SH SEE ALSO\n.BR hawser (1),\n.BR hawserd (8)\n";
  return page;
}

}  // namespace hawser
