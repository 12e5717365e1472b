// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ip_address.h"
#include "base/time.h"
#include "tests/support/seeded_random.h"

namespace hawser {

enum class BondEnd : std::uint8_t { kLeft, kRight };
inline constexpr std::array<BondEnd, 2> kBondEnds{BondEnd::kLeft, BondEnd::kRight};
inline std::string name_of(BondEnd end, std::size_t worker) {
  return (end == BondEnd::kLeft ? "left " : "right ") + std::to_string(worker);
}
constexpr std::size_t index_of(BondEnd end) { return static_cast<std::size_t>(end); }
constexpr BondEnd other(BondEnd end) {
  return end == BondEnd::kLeft ? BondEnd::kRight : BondEnd::kLeft;
}

// What one direction of a link does to datagrams. It keeps their order unless `reorder` says else.
struct BondWay {
  Duration delay = Milliseconds(10);
  Duration jitter{0};  // uniform, added
  Duration wander{0};  // deviation of a normal one, correlated over 100 ms
  double loss = 0;     // shares from 0 to 1
  double reorder = 0;  // late by up to `reorder_by`, past those that follow
  Duration reorder_by = Milliseconds(30);
  std::uint64_t rate_bps = 0;  // 0: no limit
  Duration queue = Milliseconds(100);
  bool is_dark = false;
  std::size_t mtu = 65535;  // of a router in the middle, which says what is too large for it
};

// A link of the left end, behind a NAT perhaps, and where it leads to.
class BondLink {
 public:
  TransportAddress left;
  TransportAddress right;
  TransportAddress seen;  // `left`, as the right end sees it

  BondWay& way(BondEnd from) { return ways_[index_of(from)]; }
  const BondWay& way(BondEnd from) const { return ways_[index_of(from)]; }
  void set_both(const BondWay& way) { ways_ = {way, way}; }
  void set_dark(bool dark);
  // Carries data both ways without much loss.
  bool is_able() const;
  Duration round_trip() const;
  Duration queue(BondEnd from, TimePoint now) const;

  // When a datagram that is sent now arrives; nothing if it is lost.
  std::optional<TimePoint> carry(BondEnd from, std::size_t octets, TimePoint now,
                                 SeededRandom& random);

 private:
  std::array<BondWay, 2> ways_;
  std::array<TimePoint, 2> free_at_{};
  std::array<TimePoint, 2> last_arrival_{};
  // Between random values at every 100 ms a quarter circle: normal at any time, and continuous.
  struct Wander {
    std::int64_t node = -1;
    double from = 0;
    double to = 0;
  };
  Duration draw_wander(BondEnd from, TimePoint at, SeededRandom& random);
  std::array<Wander, 2> wanders_{};
};

}  // namespace hawser
