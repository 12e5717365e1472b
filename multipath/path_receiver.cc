// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_receiver.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace hawser {
namespace {

// How long a missing packet is waited for at least, whatever came since.
constexpr Duration kPatienceMin = Milliseconds(20);
constexpr Duration kPatienceMax = Milliseconds(500);
constexpr Duration kLively = Milliseconds(200);
constexpr Duration kLatenessMemory = Seconds(5);

LossCounts operator+(const LossCounts& a, const LossCounts& b) {
  return {.lost = a.lost + b.lost, .runs = a.runs + b.runs};
}

template <typename T>
T low(std::uint64_t count) {
  return static_cast<T>(count);
}

}  // namespace

PathReceiver::PathReceiver(PathId path, const ReportSchedule::Options& options)
    : path_(path), schedule_(options) {}

void PathReceiver::note(const ReceivedPacket& packet, TimePoint now) {
  ++packets_;
  if (packet.congested) ++congested_;
  if (packet.stamp) delays_.note(*packet.stamp, now);
  // Of those before the first one that is noted some may come late.
  Sa* sa = skipped_ && !packet.is_newest ? nullptr : find(packet.spi);
  if (sa != nullptr) {
    if (std::exchange(skipped_, false)) sa->loss.begin_at(packet.sequence);
    const bool has_gap = packet.sequence > sa->loss.highest() + 1;
    sa->loss.note(packet.sequence);
    if (has_gap && sa == &*current_) note_gap(*sa, now);
    const Lateness lateness = sa->reorder.note(packet.sequence, now);
    extent_ = std::max(extent_, lateness.extent);
    if (lateness.extent != 0) late_.update(lateness.late, now, kLatenessMemory);
  }
  if (packet.elicits) {
    octets_ += packet.octets;
    newest_arrival_ = now;
    schedule_.note(packet.octets, now);
  }
}

std::optional<PathReport> PathReceiver::poll_report(TimePoint now) {
  if (!current_ || !schedule_.due() || now < *schedule_.due()) return std::nullopt;
  settle(now);
  const LossCounts lost = losses();
  const PathReport report{.number = reports_++,
                          .path = path_,
                          .spi = current_->spi,
                          .highest = low<std::uint32_t>(current_->loss.highest()),
                          .packets = low<std::uint32_t>(packets_),
                          .octets = low<std::uint32_t>(octets_),
                          .lost = low<std::uint32_t>(lost.lost),
                          .loss_runs = low<std::uint16_t>(lost.runs),
                          .congested = low<std::uint32_t>(congested_),
                          .newest_arrival = to_stamp(newest_arrival_),
                          .jitter = delays_.jitter(),
                          .reorder_extent = low<std::uint16_t>(std::min<std::uint64_t>(
                              extent_, std::numeric_limits<std::uint16_t>::max())),
                          .timing = delays_.take(now)};
  extent_ = 0;
  late_.update(Duration(0), now, kLatenessMemory);
  schedule_.note_report(now);
  // What is still waited for would otherwise be told when something comes again.
  if (gap_) schedule_.note_missing(gap_->time + patience(), now);
  if (current_->loss.waits()) schedule_.note(0, now);
  return report;
}

void PathReceiver::skip() {
  for (std::optional<Sa>* sa : {&previous_, &current_}) {
    if (*sa) retire(**sa);
    sa->reset();
  }
  mark_.reset();
  gap_.reset();
  skipped_ = true;
}

std::uint64_t PathReceiver::missing(Spi spi) const {
  if (current_ && current_->spi == spi) return current_->loss.missing();
  if (previous_ && previous_->spi == spi) return previous_->loss.missing();
  return 0;
}

PathReception PathReceiver::reception() const {
  const LossCounts lost = losses();
  PathReception reception{.packets = packets_,
                          .octets = octets_,
                          .lost = lost.lost,
                          .loss_runs = lost.runs,
                          .congested = congested_,
                          .jitter = delays_.jitter(),
                          .reorder = old_reorder_};
  if (current_) reception.reorder += current_->reorder.counts();
  if (previous_) reception.reorder += previous_->reorder.counts();
  return reception;
}

PathReceiver::Sa* PathReceiver::find(Spi spi) {
  if (current_ && current_->spi == spi) return &*current_;
  if (previous_ && previous_->spi == spi) return &*previous_;
  if (std::ranges::find(retired_, spi) != retired_.end()) return nullptr;
  if (previous_) {
    retire(*previous_);
    retired_[retirements_++ % retired_.size()] = previous_->spi;
  }
  previous_ = std::move(current_);
  current_.emplace(spi);
  mark_.reset();
  gap_.reset();
  return &*current_;
}

void PathReceiver::retire(const Sa& sa) {
  LossMeter loss = sa.loss;
  loss.settle(loss.highest());
  old_losses_ = old_losses_ + loss.counts();
  old_reorder_ += sa.reorder.counts();
}

// Where packets are few a loss is news.
void PathReceiver::note_gap(const Sa& sa, TimePoint now) {
  // Probes alone are not reported on.
  if (now - newest_arrival_ > kLively || gap_ || !sa.loss.waits()) return;
  gap_ = Mark{.highest = sa.loss.highest(), .time = now};
  schedule_.note_missing(gap_->time + patience(), now);
}

Duration PathReceiver::patience() const {
  return std::min(kPatienceMin + 4 * delays_.jitter() + lateness(), kPatienceMax);
}

// Missing numbers below one that came long enough ago are lost, however few came since.
void PathReceiver::settle(TimePoint now) {
  const Duration wait = patience();
  if (gap_ && now - gap_->time >= wait) {
    current_->loss.settle(gap_->highest);
    gap_.reset();
  }
  if (mark_ && now - mark_->time < wait) return;
  if (mark_) {
    current_->loss.settle(mark_->highest);
    if (previous_) previous_->loss.settle(previous_->loss.highest());
  }
  mark_ = Mark{.highest = current_->loss.highest(), .time = now};
}

LossCounts PathReceiver::losses() const {
  LossCounts lost = old_losses_;
  if (current_) lost = lost + current_->loss.counts();
  if (previous_) lost = lost + previous_->loss.counts();
  return lost;
}

}  // namespace hawser
