// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/local_link.h"
#include "base/result.h"
#include "multipath/path_config.h"

namespace hawser {

// What `hawser path` asks for; in force until the config is read again.
enum class PathAction : std::uint8_t {
  kAdd,     // use this interface, by these gateways if some are given
  kRemove,  // do not use it, and forget what was said of it
  kEnable,
  kDisable,
  kPrefer,  // over all others
};

// "add", "remove", "enable", "disable", "prefer".
std::optional<PathAction> parse_path_action(std::string_view text);

struct PathRequest {
  PathAction action{};
  std::string path;  // its name in the config, or the interface
  std::vector<IpAddress> gateways;
};

// What is configured of paths afterwards; the error is a sentence.
Result<std::vector<PathConfig>, std::string> change_paths(const PathRequest& request,
                                                          std::vector<PathConfig> paths,
                                                          const std::vector<LocalLink>& links);

}  // namespace hawser
