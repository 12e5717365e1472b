// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "cli/config_error.h"
#include "cli/config_scanner.h"
#include "cli/config_value.h"
#include "cli/process_priority.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/io_options.h"

namespace hawser {

struct InterfaceConfig {
  std::string name;
  std::vector<IpPrefix> addresses;
  std::uint16_t mtu = 0;
  std::uint16_t listen_port = 4500;
  bool ike_port = false;       // UDP 500, too: a peer is no Hawser
  std::vector<IpPrefix> pool;  // of addresses to give away
  unsigned workers = 1;
  std::string io = "auto";
  IoOptions offload;
  bool routes = true;                  // table = auto or a number
  std::optional<std::uint32_t> table;  // the number
  bool mss_clamp = true;
  bool nat = false;
  std::string post_up;
  std::string pre_down;
  ProcessPriority priority;
  bool sandbox = true;
};

// A config that has been checked as far as it can be without starting it.
struct Config {
  std::string file;
  InterfaceConfig interface;
  EndpointConfig endpoint;
  // By peer: endpoints that are host names. Their peers have no endpoint until the daemon has
  // looked them up.
  std::map<std::string, HostAndPort, std::less<>> host_names;
  // Where things stand: by key for those of [interface], by "[peer.NAME]" for other
  // sections, and by "[peer.NAME] KEY" for what they hold.
  std::map<std::string, unsigned, std::less<>> lines;

  // 1 for what is not written in the file.
  unsigned line_of(std::string_view what) const {
    const auto it = lines.find(what);
    return it == lines.end() ? 1 : it->second;
  }
};

// Looks no name up: whether a host has an address now says nothing about the config.
Result<Config, ConfigErrors> load_config(const std::string& file);

// The file's name without directory and `.conf`.
std::string default_interface_name(const std::string& file);

}  // namespace hawser
