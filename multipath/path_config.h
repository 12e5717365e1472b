// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "multipath/path_view.h"

namespace hawser {

// What the user says of the paths over one interface: a section [path.NAME]. An interface without
// one is used, with the defaults.
struct PathConfig {
  std::string name;
  std::string interface;  // of this host
  bool enabled = true;
  PathPreference preference;
  std::vector<IpAddress> gateways;  // at most one of a family; where the system has no route
  friend bool operator==(const PathConfig&, const PathConfig&) = default;
};

}  // namespace hawser
