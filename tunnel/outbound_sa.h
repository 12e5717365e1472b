// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "multipath/path_id.h"
#include "tunnel/esp_packet.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_selectors.h"
#include "tunnel/sa_types.h"
#include "tunnel/sequence_reserve.h"
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
    // The mark on disk, at or above which no number is used. Unset: nothing outlives this SA.
    std::optional<SequenceNumber> reserved;
    SaLifetime lifetime;
    TimePoint born;
    PathId path;
    unsigned pair = 0;  // of the SAs of that path
    bool shim = false;  // of a bond: packets of several paths are behind the shim header
  };
  // `selectors` unset: it carries whatever it is given.
  static Result<std::unique_ptr<OutboundSa>, AeadError> make(
      const Options& options, SaKey key, const std::optional<SaSelectors>& selectors = {});

  // Around an inner packet of `inner_size` octets at packet + kEspHeadroom: takes the next sequence
  // number, writes header and trailer and describes the work in `job`. `packet` must have room for
  // esp_sealed_size(inner_size). Nothing is done if the numbers are used up or not reserved, or if
  // the lifetime is over: a number never occurs twice (RFC 4303 section 3.3.3).
  Result<void, DropReason> prepare(std::uint8_t* packet, std::size_t inner_size,
                                   std::uint8_t next_header, AeadPacket& job, TimePoint now = {});
  void seal(std::span<AeadPacket> jobs) { aead_->seal(jobs); }
  // True the first time it is asked: one event for an SA, not one for each packet.
  bool report_exhausted() { return !std::exchange(exhausted_reported_, true); }

  // The mark that should be on disk, when it is time to write it.
  std::optional<SequenceNumber> poll_reserve_request(TimePoint now) {
    return reserve_ ? reserve_->poll_request(SequenceNumber(next_ - 1), now) : std::nullopt;
  }
  void extend_reserve(SequenceNumber up_to) {
    if (reserve_) reserve_->extend(up_to);
  }
  std::optional<LifetimeStage> poll_lifetime(TimePoint now) {
    return lifetime_.poll_stage(traffic_, now);
  }
  // The peer counts all numbers up to `floor` as seen: goes on behind it. Not further than kMaxSkip
  // at once, so that the peer's guess of the high half stays right.
  static constexpr std::uint64_t kMaxSkip = std::uint64_t{1} << 26;
  void skip_past(SequenceNumber floor);

  bool allows(const IpAddress& source, const IpAddress& destination) const {
    return !selectors_ || selectors_->allows(source, destination);
  }
  Spi spi() const { return options_.spi; }
  PeerId peer() const { return options_.peer; }
  PathId path() const { return options_.path; }
  unsigned pair() const { return options_.pair; }
  bool has_shim() const { return options_.shim; }
  // The last number that was used.
  SequenceNumber sent() const { return SequenceNumber(next_ - 1); }
  const TrafficCounters& traffic() const { return traffic_; }
  OutboundSaSnapshot snapshot() const;

 private:
  OutboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead);

  Options options_;
  SaKey key_;
  std::unique_ptr<Aead> aead_;
  std::optional<SelectorCheck> selectors_;
  std::uint64_t next_;
  std::uint64_t last_;  // the last number that may be used
  bool exhausted_reported_ = false;
  std::optional<SequenceReserve> reserve_;
  LifetimeWatch lifetime_;
  TrafficCounters traffic_;
};

}  // namespace hawser
