// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/parity_frame.h"

namespace hawser {

// Keeps the last covered frames of each flow, and makes the one again that is missing of those that
// a parity frame covers. Memory is bounded; a frame costs a copy. Sans-IO; one thread.
class ParityReceiver {
 public:
  static constexpr std::size_t kBucketsMax = 64;
  static constexpr std::size_t kKeptMax = 2 * ParityFrame::kSpan;  // frames of a bucket
  static constexpr std::size_t kPacketMax = 2048;
  static constexpr std::size_t kPendingMax = 4;  // parity frames of a bucket
  // A frame that comes again after so long is another one: sequences go round, bonds begin anew.
  static constexpr Duration kLifetime = Seconds(1);

  struct Recovered {
    TrafficClass traffic_class{};
    std::uint16_t bucket = 0;
    std::uint32_t sequence = 0;
    std::vector<std::uint8_t> packet;
  };

  // A data frame that is covered. It may be the last but one that a parity frame waits for.
  void note(std::uint16_t bucket, std::uint32_t sequence, ByteSpan packet, TimePoint now);
  void handle_parity(ParityFrame parity, TimePoint now);
  std::optional<Recovered> poll_recovered();
  std::uint64_t recovered() const { return recovered_; }

 private:
  struct Kept {
    bool is_used = false;
    std::uint32_t sequence = 0;
    TimePoint came;
    std::vector<std::uint8_t> packet;
  };
  struct Pending {
    ParityFrame parity;
    TimePoint came;
  };
  struct Bucket {
    std::uint16_t number = 0;
    TimePoint heard;
    std::array<Kept, kKeptMax> kept;
    std::deque<Pending> pending;
  };
  Bucket& bucket_of(std::uint16_t number, TimePoint now);
  static const Kept* find(const Bucket& bucket, std::uint32_t sequence, TimePoint now);
  void keep(Bucket& bucket, std::uint32_t sequence, ByteSpan packet, TimePoint now);
  // True if nothing more is to be had of it.
  bool solve(Bucket& bucket, const ParityFrame& parity, TimePoint now);
  void look_again(Bucket& bucket, TimePoint now);

  std::vector<Bucket> buckets_;
  std::deque<Recovered> solved_;
  std::uint64_t recovered_ = 0;
};

}  // namespace hawser
