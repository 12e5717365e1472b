// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"

namespace hawser {

// Which IPv6 address the system sends from by an interface if nobody says one. Linux holds on to an
// interface that is asked for only if no source is: with one it takes the best route of all. So the
// source is left out where it is the one that the system takes anyway. (IPv4 does as it is told.)
// Asks the system once in a while; one thread.
class LinkSources {
 public:
  explicit LinkSources(std::uint32_t mark) : mark_(mark) {}

  void set_mark(std::uint32_t mark);
  // True if `source` may be left out by this interface.
  bool is_default(unsigned link, const IpAddress& source, const TransportAddress& remote);

 private:
  static constexpr std::size_t kKnownMax = 32;
  static constexpr unsigned kUsesUntilAsked = 256;
  struct Known {
    unsigned link = 0;
    IpAddress source;
    unsigned uses_left = 0;
  };
  IpAddress ask(unsigned link, const TransportAddress& remote) const;

  std::uint32_t mark_;
  std::vector<Known> known_;
};

}  // namespace hawser
