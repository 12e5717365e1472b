// SPDX-License-Identifier: Apache-2.0
#include "multipath/parity_sender.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

// One of n + 1 frames may be lost. With a share p of losses that are independent about n p^2 are
// left: a third more octets leave 0.12 % of 2 %. Where more is lost, half as many again are worth
// it.
constexpr double kMuchLoss = 0.06;
constexpr unsigned kGroup = 3;
constexpr unsigned kGroupOfMuchLoss = 2;

}  // namespace

void ParitySender::update(const std::optional<Losses>& losses, TimePoint now) {
  if (!losses) {
    group_ = 0;
    return;
  }
  // It may fall, when a packet that was thought lost comes after all.
  if (losses->packets > lost_before_) last_loss_ = now;
  lost_before_ = losses->packets;
  if (!last_loss_ || now >= *last_loss_ + kMemory) {
    group_ = 0;
    return;
  }
  group_ = losses->share >= kMuchLoss ? kGroupOfMuchLoss : kGroup;
}

ParitySender::Group& ParitySender::group_of(const Frame& frame, TimePoint now) {
  auto found = std::ranges::find_if(
      groups_, [&](const Group& group) { return group.parity.bucket == frame.bucket; });
  if (found == groups_.end()) {
    if (groups_.size() == kGroupsMax) {
      groups_.erase(std::ranges::min_element(groups_, {}, &Group::begun));
    }
    found = groups_.insert(groups_.end(), Group());
  }
  const bool goes_on = found->count != 0 && now < found->begun + kGroupTime &&
                       frame.sequence - found->parity.first < ParityFrame::kSpan;
  if (goes_on) return *found;
  found->parity = {.traffic_class = frame.traffic_class,
                   .bucket = frame.bucket,
                   .first = frame.sequence,
                   .packets = std::move(found->parity.packets)};
  found->parity.packets.clear();
  found->count = 0;
  found->begun = now;
  return *found;
}

void ParitySender::add(const Frame& frame, TimePoint now) {
  Group& group = group_of(frame, now);
  const auto bit = static_cast<std::uint16_t>(1u << (frame.sequence - group.parity.first));
  if ((group.parity.covered & bit) != 0) return;
  group.parity.covered |= bit;
  group.parity.combine(frame.packet);
  if (++group.count < group_) return;
  group.count = 0;
  if (frames_.size() == kFramesMax) return;
  frames_.push_back({.path = frame.path, .to = std::nullopt, .bytes = group.parity.serialize()});
  ++frames_sent_;
}

std::optional<PathFrame> ParitySender::poll_frame() {
  if (frames_.empty()) return std::nullopt;
  PathFrame frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

}  // namespace hawser
