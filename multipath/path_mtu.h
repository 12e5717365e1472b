// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

// The largest outer packet, IP header and all, that one path is known to take: what its interface
// takes, and what a router on the way said (RFC 1191, RFC 8201). A message of the network is a hint
// that is believed for some time only, and never below what every path has to take: whoever forges
// one may make packets smaller, but not stop them.
class PathMtu {
 public:
  static constexpr std::uint16_t kUnlimited = 0xffff;  // nothing is known
  static constexpr std::uint16_t kMinV4 = 576;         // RFC 1122 section 3.3.3
  static constexpr std::uint16_t kMinV6 = 1280;        // RFC 8200 section 5
  // RFC 8201 section 4 asks for 5 minutes or more and recommends 10; RFC 1191 section 6.3 the same.
  static constexpr Duration kLifetime = Seconds(600);

  // Of the interface that it leaves by; 0: not known.
  void set_link(std::uint32_t mtu);
  // A packet was too large for the path, which takes `mtu`; 0: whoever said so does not know.
  // True if the path takes less than before.
  bool handle_told(std::uint32_t mtu, bool is_v4, TimePoint now);
  // The path goes elsewhere: what was said of the network is not so there.
  void forget() { told_.reset(); }

  std::uint16_t value(TimePoint now) const;
  bool is_known(TimePoint now) const { return value(now) != kUnlimited; }

 private:
  struct Told {
    std::uint16_t mtu = 0;
    TimePoint when;
  };
  std::uint16_t link_ = kUnlimited;
  std::optional<Told> told_;
};

// What fits behind the ESP header of one outer packet of that size: UDP header 8, IPv4 header 20 or
// IPv6 header 40, ESP header and IV 16, padding to a multiple of 4 with its length and the next
// header, ICV 16. With the shim that is a frame.
constexpr std::size_t room_in_outer(std::size_t mtu, bool outer_is_v4) {
  constexpr std::size_t kEsp = 8 + 16 + 16;
  const std::size_t headers = kEsp + (outer_is_v4 ? 20 : 40);
  return mtu < headers + 4 ? 0 : (mtu - headers) / 4 * 4 - 2;
}

}  // namespace hawser
