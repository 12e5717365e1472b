// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/local_link.h"
#include "base/os_error.h"
#include "base/result.h"
#include "tun/netlink.h"

namespace hawser {

// Reads which links there are, and which of some remote addresses they lead to: two lists and a
// question for each link that has an address and each remote address; about 0.1 ms. One thread.
class LinkTable {
 public:
  struct Options {
    std::string ours;        // the tunnel's own device, which is left out
    std::uint32_t mark = 0;  // of our packets
  };
  static Result<LinkTable, OsError> open(Options options);

  void set_mark(std::uint32_t mark) { options_.mark = mark; }
  Result<std::vector<LocalLink>, OsError> read(std::span<const IpAddress> remotes);

 private:
  LinkTable(Options options, Netlink netlink)
      : options_(std::move(options)), netlink_(std::move(netlink)) {}

  bool reaches(const LocalLink& link, const IpAddress& remote);

  Options options_;
  Netlink netlink_;
};

}  // namespace hawser
