// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/spi.h"
#include "base/time.h"

namespace hawser {

// What was sent on a path and is not accounted for. Keeps a record for each kSpan of sending, not
// for each packet; within one, numbers and octets are taken to be proportional.
class FlightLedger {
 public:
  static constexpr std::size_t kRecordsMax = 512;
  static constexpr Duration kSpan = Milliseconds(4);

  // How the sending stood when a packet went out.
  struct Point {
    std::uint64_t octets = 0;  // sent before and with it, since the path began
    TimePoint sent;
    bool backlog = false;  // more was waiting, all the time since the point that was asked before
  };
  struct Octets {
    std::uint32_t count = 0;
    bool backlog = false;
  };

  void begin_sa(Spi spi);
  // `octets` may be 0: of a packet that nobody will report.
  void note_sent(std::uint64_t sequence, Octets octets, TimePoint now);
  // How many SAs were begun before this one; unset: it is not known, or long gone.
  std::optional<std::uint64_t> generation(Spi spi) const;
  // All up to this number of this SA, and all of SAs before it, is accounted for. Unset: nothing
  // new is.
  std::optional<Point> settle(Spi spi, std::uint32_t sequence_low);
  // What was sent before this time will not be heard of.
  void forget_before(TimePoint time);

  std::uint64_t in_flight() const { return sent_ - settled_; }

 private:
  static constexpr std::size_t kSasMax = 4;
  struct Sa {
    Spi spi;
    std::uint64_t last = 0;  // sequence number that was sent
  };
  struct Record {
    std::uint64_t generation = 0;
    std::uint64_t first = 0;  // sequence numbers
    std::uint64_t last = 0;
    std::uint64_t before = 0;  // octets sent before `first`
    std::uint64_t octets = 0;
    TimePoint begin;
    TimePoint end;
    bool backlog = true;
  };

  Record& at(std::size_t rank) { return records_[(first_ + rank) % kRecordsMax]; }
  Point settle_part(Record& record, std::uint64_t sequence);
  void drop_first();

  std::array<Sa, kSasMax> sas_{};  // a ring by generation
  std::uint64_t generations_ = 0;
  std::array<Record, kRecordsMax> records_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t settled_ = 0;
  bool backlog_ = true;  // of what was settled since the last point
};

}  // namespace hawser
