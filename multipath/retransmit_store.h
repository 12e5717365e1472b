// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/nack.h"
#include "multipath/path_id.h"
#include "multipath/traffic_class.h"

namespace hawser {

// A data frame that is to be sent again, with the number it had.
struct Retransmission {
  std::uint16_t bucket = 0;
  std::uint32_t sequence = 0;
  TrafficClass traffic_class = TrafficClass::kBulk;
  PathId lost_on;             // where it went before
  bool may_go_twice = false;  // at once, by two paths: say so by note_copy()
  ByteSpan payload;           // what follows the shim header; valid until the next call
};

// The sending half of the recovery of losses: copies of the plaintext of what was sent, for as long
// as the other end might ask for it. Only while it is armed (losses were measured), for it costs a
// copy per packet. A frame is given back at most twice, and all together no more than a share of
// what is sent; each time it may go by two paths while much of that share is left, for what is lost
// again is waited for by all behind it. What is let go is wiped. One owner thread.
class RetransmitStore {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kBytesMin = std::size_t{256} << 10;
  static constexpr std::size_t kQueueMax = 4096;
  static constexpr unsigned kTimesMax = 2;
  static constexpr unsigned kBudgetShare = 10;  // of the octets sent, one in so many
  static constexpr std::uint64_t kBudgetMax = 512 << 10;
  static constexpr std::uint64_t kBudgetStart = 64 << 10;

  // At most this much; several workers of one peer share kBytesMax.
  explicit RetransmitStore(std::size_t bytes_max = kBytesMax);
  ~RetransmitStore();
  RetransmitStore(const RetransmitStore&) = delete;
  RetransmitStore& operator=(const RetransmitStore&) = delete;

  // Disarming wipes and releases everything.
  void set_armed(bool armed);
  bool armed() const { return armed_; }
  // Keeps min(rate x age, the maximum); what is older than `age` is let go.
  struct Limits {
    std::uint64_t rate_bps = 0;
    Duration age{};
  };
  void set_limits(const Limits& limits);

  struct Frame {
    std::uint16_t bucket = 0;
    std::uint32_t sequence = 0;
    TrafficClass traffic_class = TrafficClass::kBulk;
    PathId path;
    ByteSpan payload;
  };
  // A frame that was sent. Cheap while not armed.
  void add(const Frame& frame, TimePoint now);

  // Queues what it asks for and is still there.
  void handle_nack(const Nack& nack, TimePoint now);
  std::optional<Retransmission> poll_retransmission(TimePoint now);
  void note_copy(std::size_t octets) { budget_ -= std::min<std::uint64_t>(budget_, octets); }

  std::optional<TimePoint> next_timeout() const;
  void handle_timeout(TimePoint now);

  struct Counters {
    std::uint64_t asked = 0;        // frames
    std::uint64_t gone = 0;         // asked for, and not kept (any more)
    std::uint64_t sent_again = 0;   // frames
    std::uint64_t over_times = 0;   // asked for once too often
    std::uint64_t over_budget = 0;  // not sent again for want of budget
    std::uint64_t over_queue = 0;   // not sent again for want of room in the queue
  };
  const Counters& counters() const { return counters_; }
  std::size_t bytes() const { return blocks_.size() * kBlockSize; }

 private:
  static constexpr std::size_t kBlockSize = std::size_t{128} << 10;
  static constexpr std::size_t kHeads = 1 << 14;
  struct Block {
    std::unique_ptr<std::uint8_t[]> octets;
    std::size_t used = 0;
    std::size_t records = 0;
    TimePoint newest;
  };
  struct Record {
    const std::uint8_t* octets = nullptr;
    std::uint32_t size = 0;
    std::uint32_t sequence = 0;
    std::uint64_t previous = 0;  // the older record with the same hash; 0: none
    PathId path;
    std::uint16_t bucket = 0;
    TrafficClass traffic_class{};
    // How often it was asked for, by Nacks and by their copies on another path.
    std::array<std::uint8_t, 2> asked{};
    std::uint8_t times = 0;  // queued or given back
  };

  static std::size_t head_of(std::uint16_t bucket, std::uint32_t sequence);
  Record* record_at(std::uint64_t number);
  std::uint64_t find(std::uint16_t bucket, std::uint32_t sequence);
  void queue_again(std::uint16_t bucket, std::uint32_t sequence, bool by_copy);
  MutableByteSpan room_for(std::size_t size);
  void drop_oldest_block();
  void expire(TimePoint now);
  void earn(std::size_t octets);

  std::size_t bytes_max_;
  std::size_t capacity_ = kBytesMin;
  Duration age_ = Milliseconds(500);
  bool armed_ = false;
  std::uint64_t budget_ = kBudgetStart;
  std::uint64_t unearned_ = 0;             // octets that were sent and brought no budget yet
  std::deque<Block> blocks_;               // oldest first
  std::unique_ptr<std::uint8_t[]> spare_;  // a wiped block
  std::deque<Record> records_;             // numbered from first_record_ on
  std::uint64_t first_record_ = 1;
  // The newest record of each hash. A chain ends at a record that is gone: they go oldest first.
  std::vector<std::uint64_t> heads_;
  std::deque<std::uint64_t> queue_;  // numbers of records
  Counters counters_;
};

}  // namespace hawser
