// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "cli/config_error.h"
#include "cli/config_scanner.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/io_options.h"

namespace hawser {

struct InterfaceConfig {
  std::string name;
  std::vector<IpPrefix> addresses;
  std::uint16_t mtu = 0;
  std::uint16_t listen_port = 4500;
  unsigned workers = 1;
  std::string io = "auto";
  IoOptions offload;
  bool routes = true;  // table = auto
  bool mss_clamp = true;
  bool sandbox = true;
};

// A config that has been checked as far as it can be without starting it.
struct Config {
  std::string file;
  InterfaceConfig interface;
  EndpointConfig endpoint;
  // Where things stand: by key for those of [interface], by "[peer.NAME]" for sections.
  std::map<std::string, unsigned, std::less<>> lines;

  // 1 for what is not written in the file.
  unsigned line_of(std::string_view what) const {
    const auto it = lines.find(what);
    return it == lines.end() ? 1 : it->second;
  }
};

// The address of a host, or a sentence.
using Resolver = std::function<Result<IpAddress, std::string>(const std::string& host)>;
// getaddrinfo: blocks.
Result<IpAddress, std::string> resolve_host(const std::string& host);

Result<Config, ConfigErrors> load_config(const std::string& file,
                                         const Resolver& resolve = resolve_host);

// The file's name without directory and `.conf`.
std::string default_interface_name(const std::string& file);

}  // namespace hawser
