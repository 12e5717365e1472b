// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace hawser {

// Kernel settings of this network namespace, named as below /proc/sys: "net/ipv4/ip_forward".
// Errors are sentences.
Result<std::string, std::string> read_sysctl(const std::string& name);
Result<void, std::string> write_sysctl(const std::string& name, const std::string& value);
bool has_sysctl(const std::string& name);
// The directories in one, sorted: of "net/ipv4/conf" the interfaces, "all" and "default".
std::vector<std::string> sysctl_directories(const std::string& name);

}  // namespace hawser
