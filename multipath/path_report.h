// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/spi.h"
#include "base/time.h"
#include "multipath/path_id.h"
#include "multipath/shim.h"

namespace hawser {

inline constexpr std::size_t kPathReportSize = kShimSize + 48;

// What the receiver of a path's packets tells their sender. Counters begin with the path, go on
// over rekeys and wrap. Behind the shim header, whose sequence is the report's number:
//
//    0                   1                   2                   3
//   |              path             |           loss runs           |
//   |              SPI of the SA that was heard last                |
//   |              its highest sequence number, low 32 bits         |
//   |              packets received                                 |
//   |              octets received, of what elicits reports         |
//   |              packets lost (less when one comes after all)     |
//   |              packets received with CE                         |
//   |              when the newest came, the receiver's stamp       |
//   |              the newest stamp of the sender                   |
//   |     held since it came        |            jitter             |
//   |              lowest one-way delay since the report before     |
//   |     mean delay above lowest   |   reorder extent since then   |
//
// The flag `last` of the shim header says that the receiver's end of the path is down, or switched
// off: nothing is received there, and nothing else in the report counts.
// Durations of 16 bits are in units of 2^-14 s (held, mean delay) and 2^-16 s (jitter), at most
// 0xfffe; 0xffff says that there was no stamp since the report before.
struct PathReport {
  struct Timing {
    ShimStamp echo = 0;      // the newest stamp of the sender
    Duration held{0};        // since it came
    ShimStamp delay = 0;     // arrival less sending, lowest since the last report; clocks differ
    Duration delay_mean{0};  // above `delay`
    friend bool operator==(const Timing&, const Timing&) = default;
  };

  std::uint32_t number = 0;
  bool is_down = false;
  PathId path;  // that it is about; it may travel on another one
  Spi spi;      // of the packets, not of the report
  std::uint32_t highest = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::uint32_t lost = 0;
  std::uint16_t loss_runs = 0;
  std::uint32_t congested = 0;
  ShimStamp newest_arrival = 0;
  Duration jitter{0};                // RFC 3550 section 6.4.1
  std::uint16_t reorder_extent = 0;  // RFC 4737 section 4.2.2; 0xffff: that or more
  std::optional<Timing> timing;      // of the stamped packets since the last report

  // Of a whole frame with its shim header, with or without a stamp there. Nothing if it is no
  // report, or not of its size.
  static std::optional<PathReport> parse(ByteSpan frame);
  // The whole frame; `out` has room for kPathReportSize.
  void serialize(std::uint8_t* out) const;
  friend bool operator==(const PathReport&, const PathReport&) = default;
};

}  // namespace hawser
