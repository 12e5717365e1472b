// SPDX-License-Identifier: Apache-2.0
#include "multipath/recent_frames.h"

#include "crypto/secret.h"

namespace hawser {

RecentFrames::~RecentFrames() { wipe_old(TimePoint::max()); }

void RecentFrames::add(const RetransmitStore::Frame& frame, TimePoint now) {
  if (count_ < kFramesMax) ++count_;
  Record& record = records_[next_];
  next_ = (next_ + 1) % kFramesMax;
  if (record.is_due) --due_;
  secure_wipe(record.payload);
  record.when = now;
  record.bucket = frame.bucket;
  record.sequence = frame.sequence;
  record.traffic_class = frame.traffic_class;
  record.path = frame.path;
  record.is_due = false;
  record.payload.assign(frame.payload.begin(), frame.payload.end());
}

void RecentFrames::send_again(PathId path, Duration real_time_age, TimePoint now) {
  for (std::size_t i = 0; i < count_; ++i) {
    Record& one = record(i);
    const bool is_real_time = one.traffic_class == TrafficClass::kRealTime;
    if (one.path != path || one.is_due || now - one.when > kAgeMax) continue;
    if (is_real_time && now - one.when > real_time_age) continue;
    one.is_due = true;
    ++due_;
  }
}

std::optional<Retransmission> RecentFrames::poll() {
  for (std::size_t i = 0; due_ > 0 && i < count_; ++i) {
    Record& one = record(i);
    if (!one.is_due) continue;
    one.is_due = false;
    --due_;
    return Retransmission{.bucket = one.bucket,
                          .sequence = one.sequence,
                          .traffic_class = one.traffic_class,
                          .lost_on = one.path,
                          .payload = one.payload};
  }
  return std::nullopt;
}

void RecentFrames::wipe_old(TimePoint now) {
  for (; count_ > 0; --count_) {
    Record& oldest = record(0);
    if (now - oldest.when <= kAgeMax) return;
    if (oldest.is_due) --due_;
    oldest.is_due = false;
    secure_wipe(oldest.payload);
    oldest.payload.clear();
  }
}

}  // namespace hawser
