// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/result.h"
#include "tunnel/esp_packet.h"
#include "tunnel/sa_types.h"
#include "tunnel/snapshot.h"

namespace hawser {

// One SA to send on: its key and its counter. Sealing has two steps so that a batch is sealed at
// once: `prepare` per packet, in the order of sending, then `seal` over the prepared ones.
// Owned by one worker.
class OutboundSa {
 public:
  struct Options {
    PeerId peer;
    Spi spi;
    bool esn = true;
    SequenceNumber first{1};
  };
  static Result<std::unique_ptr<OutboundSa>, AeadError> make(const Options& options, SaKey key);

  // Around an inner packet of `inner_size` octets at packet + kEspHeadroom: takes the next sequence
  // number, writes header and trailer and describes the work in `job`. `packet` must have room for
  // esp_sealed_size(inner_size). False, and nothing done, if the numbers are used up: a number
  // never occurs twice (RFC 4303 section 3.3.3).
  [[nodiscard]] bool prepare(std::uint8_t* packet, std::size_t inner_size, std::uint8_t next_header,
                             AeadPacket& job);
  void seal(std::span<AeadPacket> jobs) { aead_->seal(jobs); }
  // True the first time it is asked: one event for an SA, not one for each packet.
  bool report_exhausted() { return !std::exchange(exhausted_reported_, true); }

  Spi spi() const { return options_.spi; }
  PeerId peer() const { return options_.peer; }
  OutboundSaSnapshot snapshot() const;

 private:
  OutboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead);

  Options options_;
  SaKey key_;
  std::unique_ptr<Aead> aead_;
  std::uint64_t next_;
  std::uint64_t last_;  // the last number that may be used
  bool exhausted_reported_ = false;
  TrafficCounters traffic_;
};

}  // namespace hawser
