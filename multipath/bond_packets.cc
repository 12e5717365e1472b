// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "multipath/bond.h"
#include "multipath/duplicate.h"

namespace hawser {
namespace {

// A copy that comes later is of no use.
constexpr Duration kCopyDelayMax = Milliseconds(100);

DataArrival data_of(const PathArrival& arrival) {
  return {.path = arrival.path,
          .payload = {},
          .path_missing = std::nullopt,
          .mark = arrival.spi.value()};
}

// Where what is too precious to be lost goes besides; kNoPathIndex: nowhere.
std::uint8_t path_of_copy(std::span<const PathView> views, const PathSelector& selector,
                          std::uint8_t path, TrafficClass traffic_class) {
  const PathRanking& ranking = selector.ranking();
  std::uint8_t copy = ranking.primary(traffic_class);
  if (copy == path) {
    copy = Duplicate::find_second(views, ranking, traffic_class, selector.options());
  }
  if (copy == kNoPathIndex || views[copy].group == views[path].group) return kNoPathIndex;
  return ranking.extra_delay(copy) <= kCopyDelayMax ? copy : kNoPathIndex;
}

}  // namespace

Placement Bond::place(const Chunk& chunk) {
  if (is_single()) {
    // There is nothing to choose.
    const BondPath* only = only_path();
    if (only == nullptr) return {};
    return {.path = only->plan().path, .packets = chunk.packets};
  }
  refresh(chunk.now);
  for (PathView& view : views_) {
    if (BondPath* path = path_of(view.id)) path->refresh_budget(view, chunk.now);
  }
  Chunk waiting = chunk;
  if (queue_) waiting.backlog = queue_->octets(chunk.traffic_class);
  PathChoice choice = selector_.choose(views_, waiting);
  if (choice.path == kNoPathIndex) return {.retry_at = choice.retry_at};
  if (chunk.is_precious && choice.second == kNoPathIndex) {
    choice.second = path_of_copy(views_, selector_, choice.path, chunk.traffic_class);
  }
  Placement placement{.path = views_[choice.path].id};
  if (choice.second != kNoPathIndex) placement.copy = views_[choice.second].id;
  const std::uint64_t packets = choice.octets / packet_octets(chunk);
  placement.packets = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(packets, 1, std::max(chunk.packets, 1u)));
  return placement;
}

bool Bond::must_queue(TrafficClass traffic_class) const {
  if (traffic_class != TrafficClass::kBulk || is_single()) return false;
  return is_constrained_ || has_queue();
}

FlowQueue& Bond::queue() {
  if (!queue_) queue_ = std::make_unique<FlowQueue>(FlowQueue::Options{});
  return *queue_;
}

void Bond::end_queue(std::optional<TimePoint> retry_at) {
  const bool waiting = has_queue();
  next_send_ = waiting ? retry_at : std::nullopt;
  if (!waiting && !waits_) return;
  waits_ = waiting;
  for (auto& path : paths_) {
    if (path) path->note_backlog(waiting);
  }
}

bool Bond::wants_stamp(PathId path, TimePoint now) const {
  const BondPath* found = find(path);
  return !is_single() && found != nullptr && found->sender.wants_stamp(now);
}

// The only path has no refresh by the clock.
std::size_t Bond::frame_room(TimePoint now) const {
  if (!is_single()) return frame_room_;
  for (const auto& path : paths_) {
    if (path) return path->frame_room(now);
  }
  return frame_room_;
}

void Bond::note_sent(PathId path, const SentPacket& packet, bool is_data, TimePoint now) {
  BondPath* found = path_of(path);
  if (found == nullptr) return;
  found->count_sent(1, packet.octets, is_data);
  if (!is_single()) found->note_sent(packet, is_data, now);
}

BondPath* Bond::plain_path(TimePoint now) const {
  return !is_single() || need_.is_numbered(now) || has_queue() ? nullptr : only_path();
}

bool Bond::take_plain(PathId path, const AddressPair& from, std::size_t octets, bool is_newest,
                      TimePoint now) {
  BondPath* found = path_of(path);
  if (found == nullptr || is_measured(now) || from != found->life.addresses()) return false;
  found->count_received(octets);
  if (need_.note(is_newest, now)) measure(now);
  return true;
}

FrameOutcome Bond::handle_plain(const PathArrival& arrival, TimePoint now) {
  BondPath* path = heard_path(arrival, now);
  if (path == nullptr) return FrameOutcome::kMalformed;
  note_arrival(*path, arrival, {.type = ShimType::kData, .stamp = std::nullopt}, now);
  take_changes(*path, now);
  if (is_measured(now)) refresh(now);
  return FrameOutcome::kDeliver;
}

void Bond::measure(TimePoint now) {
  if (!is_measured(now)) {
    // What came until now was not noted.
    for (auto& path : paths_) {
      if (path) path->receiver.skip();
    }
  }
  need_.measure(now);
}

void Bond::note_arrival(BondPath& path, const PathArrival& arrival, const ShimHeader& header,
                        TimePoint now) {
  const bool is_data = header.type == ShimType::kData;
  // Probes have a stamp, too, but are also of who has one path: two of them would measure for ever.
  const bool is_probe = header.type == ShimType::kProbe || header.type == ShimType::kProbeAnswer;
  if (header.stamp && !is_probe) measure(now);
  if (is_data && is_single() && need_.note(arrival.is_newest, now)) measure(now);
  const bool measured = is_measured(now);
  if (!measured) {
    if (is_data && arrival.addresses == path.life.addresses()) {
      return path.count_received(arrival.octets);
    }
    path.receiver.skip();
  }
  path.note_received(arrival,
                     {.spi = arrival.spi,
                      .sequence = arrival.sequence,
                      .octets = static_cast<std::uint32_t>(arrival.octets),
                      .is_newest = arrival.is_newest,
                      .congested = arrival.congested,
                      .elicits = is_data && measured,
                      .stamp = header.stamp},
                     now);
}

BondPath* Bond::only_path() const {
  for (const auto& path : paths_) {
    if (path && path->has_sa()) return path.get();
  }
  return nullptr;
}

// One that nobody here knows was begun by the peer.
BondPath* Bond::heard_path(const PathArrival& arrival, TimePoint now) {
  BondPath* path = path_of(arrival.path);
  if (path != nullptr || arrival.path.value() >= paths_.size()) return path;
  return &begin_path({.path = arrival.path, .name = {}, .addresses = arrival.addresses},
                     AddressOrigin::kHeard, now);
}

FrameOutcome Bond::handle_frame(ByteSpan frame, const PathArrival& arrival, TimePoint now) {
  const auto header = ShimHeader::parse(frame);
  if (!header) return FrameOutcome::kMalformed;
  BondPath* path = heard_path(arrival, now);
  if (path == nullptr) return FrameOutcome::kMalformed;
  note_arrival(*path, arrival, *header, now);
  FrameOutcome outcome = FrameOutcome::kControl;
  switch (header->type) {
    case ShimType::kData:
      outcome = handle_data(*header, frame, arrival, now);
      break;
    case ShimType::kProbe:
    case ShimType::kProbeAnswer:
    case ShimType::kChallenge:
    case ShimType::kChallengeAnswer:
      if (!path->handle_frame(frame, arrival.addresses, now)) outcome = FrameOutcome::kMalformed;
      break;
    case ShimType::kReport:
      handle_report(frame, arrival.path, now);
      break;
    case ShimType::kNack:
      recovery.handle_nack(frame, now);
      break;
    case ShimType::kCover:
      break;
    case ShimType::kParity:
      if (!parity.handle_parity(frame, now)) outcome = FrameOutcome::kMalformed;
      parity.put_in_order(order_, data_of(arrival), now);
      break;
    case ShimType::kFragment:
    case ShimType::kAggregate:
      return FrameOutcome::kMalformed;
  }
  take_changes(*path, now);
  if (is_measured(now)) refresh(now);
  return outcome;
}

FrameOutcome Bond::handle_data(const ShimHeader& header, ByteSpan frame, const PathArrival& arrival,
                               TimePoint now) {
  DataArrival data = data_of(arrival);
  data.payload = frame.subspan(header.size());
  if (is_measured(now)) data.path_missing = path_of(arrival.path)->missing();
  const OrderVerdict verdict = order_.handle(header, data, now);
  if (header.covered) {
    parity.note_received(header, data.payload, now);
    parity.put_in_order(order_, data, now);
  }
  switch (verdict) {
    case OrderVerdict::kDeliver:
    case OrderVerdict::kLate:
      return FrameOutcome::kDeliver;
    case OrderVerdict::kHeld:
      return FrameOutcome::kHeld;
    case OrderVerdict::kDuplicate:
      return FrameOutcome::kDuplicate;
  }
  return FrameOutcome::kMalformed;
}

std::optional<ReleasedPacket> Bond::poll_released() {
  auto released = order_.poll_released();
  return released ? released : parity.poll_released();
}

void Bond::recycle() {
  order_.recycle();
  parity.recycle();
}

void Bond::handle_report(ByteSpan frame, PathId came_by, TimePoint now) {
  const auto report = PathReport::parse(frame);
  if (!report) return;
  BondPath* path = path_of(report->path);
  if (path == nullptr) return;
  if (is_single() && !report->is_down) return need_.number(now);
  path->handle_report(*report, came_by == report->path, now);
  take_changes(*path, now);
  dirty_ = true;
}

std::optional<PathFrame> Bond::poll_frame(TimePoint now) {
  if (auto frame = parity.poll_frame()) return frame;
  for (auto& path : paths_) {
    if (!path || !path->has_sa()) continue;
    if (auto frame = path->poll_frame(now)) return frame;
  }
  while (const auto nack = recovery.poll_nack(order_, now)) {
    const auto way = nack->is_copy ? second() : std::optional(fastest());
    if (way) return PathFrame{.path = *way, .to = std::nullopt, .bytes = nack->serialize()};
  }
  return poll_report(now);
}

PathId Bond::fastest() const {
  const std::uint8_t primary = selector_.ranking().primary(TrafficClass::kInteractive);
  return primary == kNoPathIndex || primary >= views_.size() ? PathId(0) : views_[primary].id;
}

// The next best one.
std::optional<PathId> Bond::second() const {
  for (const std::uint8_t index : selector_.ranking().order(TrafficClass::kInteractive)) {
    if (index < views_.size() && views_[index].id != fastest()) return views_[index].id;
  }
  return std::nullopt;
}

std::optional<PathFrame> Bond::poll_report(TimePoint now) {
  for (auto& path : paths_) {
    if (!path) continue;
    auto report = path->poll_farewell();
    if (!report) report = path->poll_report(now);
    if (!report) continue;
    PathId way = way_of_report(*path);
    // What took this one down takes the others on its link down, if only in a moment.
    for (const auto& other : paths_) {
      if (!report->is_down || !other || !other->life.is_usable()) continue;
      if (other->plan().link == 0 || other->plan().link != path->plan().link)
        way = other->life.id();
    }
    if (find(way) == nullptr || !find(way)->has_sa()) continue;
    if (find(way)->life.state() == PathState::kDisabled) continue;
    PathFrame frame{.path = way, .to = std::nullopt, .bytes = {}};
    frame.bytes.resize(kPathReportSize);
    report->serialize(frame.bytes.data());
    return frame;
  }
  return std::nullopt;
}

// By the path itself its echo shows the round trip; but what is not heard there is of no use.
PathId Bond::way_of_report(const BondPath& about) const {
  if (about.life.is_usable()) return about.plan().path;
  return selector_.ranking().tier() == PathTier::kNone ? about.plan().path : fastest();
}

}  // namespace hawser
