// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace hawser {

// The name servers of this host, while a peer's are in use. What /etc/resolv.conf was, a file or a
// symbolic link, is written to RUNTIME_DIR/NAME.resolv before it is replaced, and put back with
// this object, or by the next start if the daemon was killed. One thread.
class ResolvConf {
 public:
  // Puts back first what an earlier run left. `file` is /etc/resolv.conf but in tests.
  static std::unique_ptr<ResolvConf> open(const std::string& runtime_dir, const std::string& name,
                                          std::string file = "/etc/resolv.conf");
  ResolvConf(const ResolvConf&) = delete;
  ResolvConf& operator=(const ResolvConf&) = delete;
  ~ResolvConf();

  // These and no others; none: as before. The error is a sentence.
  Result<void, std::string> set(const std::vector<IpAddress>& servers);

 private:
  ResolvConf(std::string file, std::string backup)
      : file_(std::move(file)), backup_(std::move(backup)) {}

  Result<void, std::string> keep_old();
  Result<void, std::string> put_back();

  std::string file_;
  std::string backup_;
  std::vector<IpAddress> servers_;
};

}  // namespace hawser
