// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace hawser::lab {

// One direction of an emulated link. The default is a perfect wire. Shares are 0..1.
struct LinkConfig {
  double rate_bps = 0;  // of Ethernet frames with their 14 octets of header; 0: unlimited
  Duration delay{};
  Duration jitter{};  // standard deviation of a normal distribution, cut at a delay of zero
  // Time over which the jitter stays alike; packets keep their order. 0: each packet draws its own
  // and may overtake.
  Duration jitter_correlation = Milliseconds(100);
  std::optional<Duration> second_delay;  // equal-cost multipath, packet by packet
  double second_share = 0.5;
  double reorder = 0;  // share of packets that come late by a uniform time
  Duration reorder_min = Milliseconds(5);
  Duration reorder_max = Milliseconds(50);
  double loss = 0;
  double burst_loss = 0;    // Gilbert-Elliott with total loss in the bad state
  double burst_length = 4;  // mean, in packets
  double duplicate = 0;
  std::size_t queue_packets = 1000;
  Duration queue_time{};     // 0: no limit in time
  Duration ecn_threshold{};  // CE above this waiting time; 0: never
  bool udp_block = false;
  bool blackhole = false;
};

// Applies "rate 50M delay 20ms loss 0.5% ..." to `config`; the error is a sentence. Settings not
// named keep their value; the word `clear` puts all of them back to a perfect wire. Words:
//   rate 50M|800k|1.5G|off   delay 20ms   jitter 2ms   jitter-correlation 100ms   queue 50ms|200p
//   ecmp 30ms[:50%]|off      reorder 1%[:5ms-50ms]     loss 0.5%   burst-loss 2%[:4]
//   duplicate 1%             ecn 5ms|off               udp-block on|off   blackhole on|off
Result<LinkConfig, std::string> apply_settings(LinkConfig config,
                                               std::span<const std::string_view> words);

}  // namespace hawser::lab
