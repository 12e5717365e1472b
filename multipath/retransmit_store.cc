// SPDX-License-Identifier: Apache-2.0
#include "multipath/retransmit_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "crypto/secret.h"

namespace hawser {
namespace {

// More at once was lost by a queue that was full, and another one would be soon.
constexpr std::size_t kFew = 16;

}  // namespace

RetransmitStore::RetransmitStore(std::size_t bytes_max)
    : bytes_max_(std::max(bytes_max, kBytesMin)) {}

RetransmitStore::~RetransmitStore() { set_armed(false); }

void RetransmitStore::set_armed(bool armed) {
  if (armed == armed_) return;
  armed_ = armed;
  if (armed) {
    heads_.assign(kHeads, 0);
    return;
  }
  while (!blocks_.empty()) drop_oldest_block();
  queue_.clear();
  spare_.reset();
  std::vector<std::uint64_t>().swap(heads_);
}

void RetransmitStore::set_limits(const Limits& limits) {
  age_ = limits.age;
  const auto milliseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<Milliseconds>(limits.age).count(), 0));
  const std::uint64_t octets_per_second = limits.rate_bps / 8;
  const std::uint64_t wanted = octets_per_second / 1000 * milliseconds;
  capacity_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(wanted, kBytesMin, bytes_max_));
  while (bytes() > capacity_) drop_oldest_block();
}

void RetransmitStore::add(const Frame& frame, TimePoint now) {
  if (!armed_) return;
  earn(frame.payload.size());
  expire(now);
  if (frame.payload.empty() || frame.payload.size() > kBlockSize) return;
  const MutableByteSpan room = room_for(frame.payload.size());
  std::memcpy(room.data(), frame.payload.data(), frame.payload.size());
  Block& block = blocks_.back();
  block.newest = now;
  ++block.records;
  std::uint64_t& head = heads_[head_of(frame.bucket, frame.sequence)];
  records_.push_back({.octets = room.data(),
                      .size = static_cast<std::uint32_t>(room.size()),
                      .sequence = frame.sequence,
                      .previous = head,
                      .path = frame.path,
                      .bucket = frame.bucket,
                      .traffic_class = frame.traffic_class});
  head = first_record_ + records_.size() - 1;
}

void RetransmitStore::handle_nack(const Nack& nack, TimePoint now) {
  if (!armed_) return;
  expire(now);
  for (const MissingRange& range : nack.ranges) {
    for (std::uint32_t i = 0; i < range.count; ++i) {
      queue_again(range.bucket, range.first + i, nack.is_copy);
    }
  }
}

// Whichever of a Nack and its copy comes first counts.
void RetransmitStore::queue_again(std::uint16_t bucket, std::uint32_t sequence, bool by_copy) {
  const std::uint64_t number = find(bucket, sequence);
  Record* record = record_at(number);
  if (record != nullptr) {
    const unsigned before = std::max(record->asked[0], record->asked[1]);
    std::uint8_t& asked = record->asked[by_copy ? 1 : 0];
    if (asked < UINT8_MAX) ++asked;
    if (asked <= before) return;
  }
  ++counters_.asked;
  if (record == nullptr) {
    ++counters_.gone;
  } else if (record->times == kTimesMax) {
    ++counters_.over_times;
  } else if (queue_.size() == kQueueMax) {
    ++counters_.over_queue;
  } else {
    ++record->times;
    queue_.push_back(number);
  }
}

std::optional<Retransmission> RetransmitStore::poll_retransmission(TimePoint now) {
  expire(now);
  while (!queue_.empty()) {
    const Record* record = record_at(queue_.front());
    queue_.pop_front();
    if (record == nullptr) {
      ++counters_.gone;
      continue;
    }
    // What is not sent now would come too late.
    if (record->size > budget_) {
      ++counters_.over_budget;
      continue;
    }
    budget_ -= record->size;
    ++counters_.sent_again;
    return Retransmission{.bucket = record->bucket,
                          .sequence = record->sequence,
                          .traffic_class = record->traffic_class,
                          .lost_on = record->path,
                          .may_go_twice = budget_ >= kBudgetMax * 3 / 4 && queue_.size() <= kFew,
                          .payload = {record->octets, record->size}};
  }
  return std::nullopt;
}

std::optional<TimePoint> RetransmitStore::next_timeout() const {
  if (blocks_.empty()) return std::nullopt;
  return blocks_.front().newest + age_;
}

void RetransmitStore::handle_timeout(TimePoint now) {
  expire(now);
  if (blocks_.empty()) spare_.reset();
}

void RetransmitStore::expire(TimePoint now) {
  while (!blocks_.empty() && now >= blocks_.front().newest + age_) drop_oldest_block();
}

// Wiped as a whole: cheaper than each frame by itself, and not much later.
void RetransmitStore::drop_oldest_block() {
  Block& block = blocks_.front();
  secure_wipe({block.octets.get(), block.used});
  spare_ = std::move(block.octets);
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(block.records));
  first_record_ += block.records;
  blocks_.pop_front();
}

MutableByteSpan RetransmitStore::room_for(std::size_t size) {
  if (blocks_.empty() || kBlockSize - blocks_.back().used < size) {
    if (bytes() + kBlockSize > capacity_) drop_oldest_block();
    Block& block = blocks_.emplace_back();
    block.octets =
        spare_ ? std::move(spare_) : std::make_unique_for_overwrite<std::uint8_t[]>(kBlockSize);
  }
  Block& block = blocks_.back();
  const MutableByteSpan room(block.octets.get() + block.used, size);
  block.used += size;
  return room;
}

std::size_t RetransmitStore::head_of(std::uint16_t bucket, std::uint32_t sequence) {
  return (sequence ^ (std::uint32_t{bucket} * 0x9e3779b1u >> 16)) % kHeads;
}

RetransmitStore::Record* RetransmitStore::record_at(std::uint64_t number) {
  if (number < first_record_ || number - first_record_ >= records_.size()) return nullptr;
  return &records_[static_cast<std::size_t>(number - first_record_)];
}

// The number of the newest record of this frame; 0 if there is none.
std::uint64_t RetransmitStore::find(std::uint16_t bucket, std::uint32_t sequence) {
  std::uint64_t number = heads_[head_of(bucket, sequence)];
  while (const Record* record = record_at(number)) {
    if (record->bucket == bucket && record->sequence == sequence) return number;
    number = record->previous;
  }
  return 0;
}

void RetransmitStore::earn(std::size_t octets) {
  unearned_ += octets;
  budget_ = std::min(budget_ + unearned_ / kBudgetShare, kBudgetMax);
  unearned_ %= kBudgetShare;
}

}  // namespace hawser
