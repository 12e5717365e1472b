// SPDX-License-Identifier: Apache-2.0
#include "cli/forwarding.h"

#include <algorithm>
#include <string>

#include "cli/sysctl.h"

namespace hawser {
namespace {

constexpr const char* kV4Conf = "net/ipv4/conf";
constexpr const char* kV6Conf = "net/ipv6/conf";

std::string setting(const std::string& directory, const std::string& interface,
                    const std::string& name) {
  return directory + "/" + interface + "/" + name;
}

bool is_set(const std::string& name, const char* value) {
  const auto current = read_sysctl(name);
  return current && *current == value;
}

}  // namespace

std::vector<SysctlChange> forwarding_changes(IpFamily family) {
  const bool v4 = family == IpFamily::kV4;
  const std::string conf = v4 ? kV4Conf : kV6Conf;
  std::vector<SysctlChange> changes;
  changes.push_back({v4 ? "net/ipv4/ip_forward" : setting(conf, "all", "forwarding"), "1"});
  for (const std::string& interface : sysctl_directories(conf)) {
    if (interface == "all") continue;
    changes.push_back({setting(conf, interface, "forwarding"), std::nullopt});
    // A router does not listen to router advertisements, unless told so by 2; then the host would
    // lose its own default route.
    const std::string advertisements = setting(conf, interface, "accept_ra");
    if (!v4 && is_set(advertisements, "1")) changes.push_back({advertisements, "2"});
  }
  if (v4) {
    for (const char* interface : {"all", "default"}) {
      changes.push_back({setting(conf, interface, "accept_redirects"), std::nullopt});
    }
  }
  return changes;
}

bool forwarding_is_on(IpFamily family) {
  return is_set(forwarding_changes(family).front().name, "1");
}

bool reverse_path_is_strict() {
  // The larger of an interface's value and that of `all` counts; 2 is loose.
  if (is_set(setting(kV4Conf, "all", "rp_filter"), "2")) return false;
  return std::ranges::any_of(sysctl_directories(kV4Conf), [](const std::string& interface) {
    return is_set(setting(kV4Conf, interface, "rp_filter"), "1");
  });
}

std::optional<SysctlChange> loose_reverse_path_change(const std::string& interface) {
  const std::string own = setting(kV4Conf, interface, "rp_filter");
  const std::string all = setting(kV4Conf, "all", "rp_filter");
  const bool is_strict =
      (is_set(own, "1") && !is_set(all, "2")) || (is_set(own, "0") && is_set(all, "1"));
  if (!is_strict) return std::nullopt;
  return SysctlChange{own, "2"};
}

std::vector<SysctlChange> marked_reverse_path_changes() {
  return {{setting(kV4Conf, "all", "src_valid_mark"), "1"}};
}

}  // namespace hawser
