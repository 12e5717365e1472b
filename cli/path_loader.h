// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/config_error.h"
#include "cli/config_scanner.h"
#include "multipath/multipath_config.h"

namespace hawser {

// Makes the MultipathConfig of [path.NAME], [class.NAME] and what [interface] says of paths.
// Values have the right form already.
class PathLoader {
 public:
  explicit PathLoader(ConfigErrors& errors) : errors_(errors) {}

  // `ours` is the name of the tunnel's own device.
  void load_interface(const ConfigSection& section, const std::string& ours);
  void load_path(const ConfigSection& section);
  void load_class(const ConfigSection& section);
  const MultipathConfig& config() const { return config_; }

 private:
  void fail(const ConfigSection& section, unsigned line, std::string key, std::string what) {
    errors_.push_back({section.file, line, std::move(key), std::move(what)});
  }

  ConfigErrors& errors_;
  std::string ours_;
  MultipathConfig config_;
};

}  // namespace hawser
