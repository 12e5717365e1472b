// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sequence_reserve.h"

#include <algorithm>

namespace hawser {

void SequenceReserve::extend(SequenceNumber up_to) {
  if (up_to.value() <= mark_) return;
  mark_ = up_to.value();
  asked_at_.reset();
}

std::optional<SequenceNumber> SequenceReserve::make_request(std::uint64_t highest, TimePoint now) {
  if (asked_at_ && now - *asked_at_ < kRetry) return std::nullopt;
  block_ = next_block(highest, now);
  if (has_enough(highest)) return std::nullopt;  // it has become slow
  measured_at_ = now;
  measured_number_ = highest;
  asked_at_ = now;
  return SequenceNumber(highest > UINT64_MAX - block_ ? UINT64_MAX : highest + block_);
}

std::uint64_t SequenceReserve::next_block(std::uint64_t highest, TimePoint now) const {
  if (!measured_at_ || highest < measured_number_) return min_block_;
  // A millisecond at least: a burst says nothing about a second.
  const Duration elapsed = std::max<Duration>(now - *measured_at_, Milliseconds(1));
  const double block = static_cast<double>(highest - measured_number_) *
                       (std::chrono::duration<double>(kBlockTime) / elapsed);
  if (block >= static_cast<double>(kMaxBlock)) return kMaxBlock;
  return std::clamp(static_cast<std::uint64_t>(block), min_block_, kMaxBlock);
}

}  // namespace hawser
