// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "antireplay/replay_window.h"
#include "antireplay/window_sizer.h"
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

// One SA to receive on: its key and its replay window. The order of RFC 4303 section 3.4:
// `prepare` (parse, replay check) per packet, `open` over the batch, `finish` (replay commit,
// padding, next header) per packet. Nothing changes for a packet that is not authentic but a
// counter. Owned by one worker.
class InboundSa {
 public:
  struct Options {
    PeerId peer;
    Spi spi;
    bool esn = true;
    std::optional<std::uint32_t> replay_window;  // fixed; unset: it sizes itself
    SequenceNumber floor{0};                     // numbers up to it count as seen
    // The mark on disk, at or above which no number is accepted. Unset: nothing outlives this SA.
    std::optional<SequenceNumber> reserved;
    SaLifetime lifetime;
    TimePoint born;
    PathId path;
    unsigned pair = 0;  // of the SAs of that path
    bool shim = false;  // of a bond: packets of several paths are behind the shim header
  };
  // `selectors` unset: it is for somebody else to know which inner addresses belong.
  static Result<std::unique_ptr<InboundSa>, AeadError> make(
      const Options& options, SaKey key, const std::optional<SaSelectors>& selectors = {});

  // A packet between prepare and finish.
  struct Pending {
    SequenceNumber sequence;
    // Left of the window: authenticated only so that the window learns how late packets come, and
    // never delivered.
    bool is_sample = false;
  };
  struct Opened {
    MutableByteSpan payload;  // in the packet's memory; TFC padding still behind it
    std::uint8_t next_header = 0;
    bool is_newest = false;  // its number is above all accepted before
  };

  // Describes in `job` how to open `packet` in place.
  Result<Pending, DropReason> prepare(MutableByteSpan packet, AeadPacket& job, TimePoint now);
  void open(std::span<AeadPacket> jobs) { aead_->open(jobs); }
  // After open. `job` is the packet's, with `authentic` set.
  Result<Opened, DropReason> finish(const Pending& pending, const AeadPacket& job);
  // After the last finish of a batch: gives the window the size that it should have.
  void end_batch(TimePoint now);

  // The mark that should be on disk, when it is time to write it.
  std::optional<SequenceNumber> poll_reserve_request(TimePoint now) {
    return reserve_ ? reserve_->poll_request(std::max(window_.highest(), wanted_), now)
                    : std::nullopt;
  }
  void extend_reserve(SequenceNumber up_to) {
    if (reserve_) reserve_->extend(up_to);
  }
  std::optional<LifetimeStage> poll_lifetime(TimePoint now) {
    return lifetime_.poll_stage(traffic_, now);
  }
  // True if the peer was just heard to send below the floor of an earlier life, and should be told.
  bool poll_floor_notice() { return std::exchange(peer_is_below_floor_, false); }
  SequenceNumber floor() const { return options_.floor; }

  bool allows(const IpAddress& source, const IpAddress& destination) const {
    return !selectors_ || selectors_->allows(destination, source);
  }
  void count_delivered(std::size_t inner_size) {
    traffic_.packets += 1;
    traffic_.bytes += inner_size;
  }
  Spi spi() const { return options_.spi; }
  PeerId peer() const { return options_.peer; }
  PathId path() const { return options_.path; }
  unsigned pair() const { return options_.pair; }
  bool has_shim() const { return options_.shim; }
  const TrafficCounters& traffic() const { return traffic_; }
  InboundSaSnapshot snapshot() const;

 private:
  InboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead);
  DropReason replay_drop(ReplayVerdict verdict);
  bool take_floor_probe(SequenceNumber sequence, TimePoint now);

  Options options_;
  SaKey key_;
  std::unique_ptr<Aead> aead_;
  std::optional<SelectorCheck> selectors_;
  ReplayWindow window_;
  std::optional<WindowSizer> sizer_;
  std::optional<SequenceReserve> reserve_;
  SequenceNumber wanted_;  // the highest authentic number that waits for the reserve
  LifetimeWatch lifetime_;
  TimePoint next_floor_probe_{};
  bool peer_is_below_floor_ = false;
  TrafficCounters traffic_;
  std::uint64_t replayed_ = 0;
  std::uint64_t too_old_ = 0;
  std::uint64_t icv_failed_ = 0;
};

}  // namespace hawser
