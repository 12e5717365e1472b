// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/life_pair.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hawser::test {
namespace {

constexpr Duration kVoice = Milliseconds(20);
constexpr std::size_t kOuterOctets = 60;
constexpr std::size_t kVoiceOctets = 220;

TransportAddress transport(const char* text) { return *TransportAddress::parse(text); }

}  // namespace

const AddressPair LifePair::kClientSide{.local = transport("10.0.0.2:4500"),
                                        .remote = transport("192.0.2.1:4500")};
const AddressPair LifePair::kServerSide{.local = transport("192.0.2.1:4500"),
                                        .remote = transport("198.51.100.7:1024")};

LifePair::LifePair(const Options& options)
    : wires{options.wire, options.wire},
      rng_(options.seed),
      ends_{{options.seed * 2, options.full_frame, origins_[0]},
            {options.seed * 2 + 1, options.full_frame, origins_[1]}},
      mapped_(kServerSide.remote) {
  for (LifeEnd& end : ends_) end.sender.begin_sa(Spi(7));
}

void LifePair::begin_proven() {
  client().life.begin(kClientSide, AddressOrigin::kProven, now_);
  server().life.begin(kServerSide, AddressOrigin::kProven, now_);
  client().has_begun = server().has_begun = true;
}

void LifePair::begin_asking() {
  client().life.begin(kClientSide, AddressOrigin::kGiven, now_);
  client().has_begun = true;
}

void LifePair::talk(bool client_talks, bool server_talks) {
  const bool talks[] = {client_talks, server_talks};
  for (int i = 0; i < 2; ++i) {
    ends_[i].stream = talks[i] ? std::optional<Duration>(kVoice) : std::nullopt;
    ends_[i].next_data = talks[i] ? std::optional(now_) : std::nullopt;
  }
}

std::optional<TimePoint> LifePair::next_event() const {
  std::optional<TimePoint> next;
  const auto consider = [&](const std::optional<TimePoint>& time) {
    if (time) next = std::min(next.value_or(*time), *time);
  };
  if (!under_way_.empty()) consider(under_way_.begin()->first);
  for (const LifeEnd& end : ends_) {
    consider(end.next_data);
    consider(end.receiver.next_timeout());
    if (end.has_begun) consider(end.life.next_timeout());
  }
  return next;
}

bool LifePair::run_until(const std::function<bool()>& done, Duration length) {
  const TimePoint end = now_ + length;
  for (int i = 0; i < 2; ++i) service(i);
  while (!done()) {
    const auto next = next_event();
    if (!next || *next > end) {
      now_ = end;
      return done();
    }
    now_ = std::max(now_, *next);
    if (!under_way_.empty() && under_way_.begin()->first <= now_) {
      const auto [to, packet] = under_way_.begin()->second;
      under_way_.erase(under_way_.begin());
      arrive(to, packet);
    }
    for (int i = 0; i < 2; ++i) service(i);
  }
  return true;
}

void LifePair::run_for(Duration length) {
  run_until([] { return false; }, length);
}

// What a bond does at each turn of its event loop.
void LifePair::service(int index) {
  LifeEnd& end = ends_[index];
  while (end.next_data && *end.next_data <= now_) {
    end.next_data = *end.next_data + *end.stream;
    send(index, std::nullopt, {});
  }
  if (!end.has_begun) return;
  const auto due = end.life.next_timeout();
  if (due && *due <= now_) end.life.handle_timeout(now_);
  while (const auto round_trip = end.life.poll_round_trip()) {
    end.sender.handle_round_trip(*round_trip, now_);
    end.life.handle_estimate(end.sender.estimate(now_), now_);
  }
  while (auto frame = end.life.poll_frame(now_)) send(index, frame->to, std::move(frame->bytes));
  const auto report = end.receiver.poll_report(now_);
  if (report && end.life.state() != PathState::kDisabled) {
    std::vector<std::uint8_t> bytes(kPathReportSize);
    report->serialize(bytes.data());
    send(index, std::nullopt, std::move(bytes));
  }
  while (const auto change = end.life.poll_change()) {
    end.changes.push_back({.when = now_, .to = change->to, .reason = change->reason});
  }
  if (end.life.poll_moved()) ++end.moves;
}

void LifePair::send(int from, const std::optional<AddressPair>& to,
                    std::vector<std::uint8_t> frame) {
  LifeEnd& end = ends_[from];
  const AddressPair& pair = to ? *to : end.life.addresses();
  const bool is_data = frame.empty();
  Packet packet{.source = pair.local,
                .destination = pair.remote,
                .sequence = ++end.sequence,
                .octets = kOuterOctets + (is_data ? kVoiceOctets : frame.size()),
                .stamp = std::nullopt,
                .is_data = is_data,
                .frame = std::move(frame)};
  if (is_data && end.sender.wants_stamp(now_)) packet.stamp = to_stamp(now_);
  if (!is_data) packet.stamp = ShimHeader::parse(packet.frame)->stamp;
  ++end.sent;
  if (!is_data && ShimHeader::parse(packet.frame)->type == ShimType::kProbe) ++end.probes;
  if (to) end.octets_to_strangers += packet.octets;
  end.sender.note_sent({.sequence = packet.sequence,
                        .octets = static_cast<std::uint32_t>(packet.octets),
                        .elicits = is_data,
                        .stamped = packet.stamp.has_value()},
                       now_);
  end.life.note_sent(is_data, now_);
  transmit(from, std::move(packet));
}

Duration LifePair::draw_delay(int from) {
  const Wire& wire = wires[static_cast<std::size_t>(from)];
  if (wire.jitter == Duration(0)) return wire.delay;
  const double passed = std::chrono::duration<double>(now_ - wobbled_[from]).count();
  const double keep = std::exp(-passed / 0.1);
  wobbled_[from] = now_;
  wobble_[from] = wobble_[from] * keep +
                  std::normal_distribution<>()(rng_) * std::sqrt(std::max(0.0, 1 - keep * keep));
  const double wobble = wobble_[from] * static_cast<double>(wire.jitter.count());
  return std::max(Duration(0), wire.delay + Duration(static_cast<std::int64_t>(wobble)));
}

void LifePair::transmit(int from, Packet packet) {
  const Wire& wire = wires[static_cast<std::size_t>(from)];
  const int to = 1 - from;
  if (from == 0) packet.source = mapped_;
  if (from == 1) {
    if (packet.destination != mapped_) return;
    packet.destination = kClientSide.local;
  }
  if (wire.is_down || std::bernoulli_distribution(wire.loss)(rng_)) return;
  const TimePoint arrival = std::max(last_arrival_[to], now_ + draw_delay(from));
  last_arrival_[to] = arrival;
  under_way_.emplace(arrival, std::pair(to, std::move(packet)));
}

void LifePair::deliver(int to, PathHeard heard) {
  ends_[to].life.note_heard(heard, now_);
  service(to);
}

void LifePair::arrive(int to, const Packet& packet) {
  LifeEnd& end = ends_[to];
  const AddressPair from{.local = packet.destination, .remote = packet.source};
  if (!end.has_begun) {
    end.life.begin(from, AddressOrigin::kHeard, now_);
    end.has_begun = true;
  }
  const bool is_newest = packet.sequence > end.highest;
  end.highest = std::max(end.highest, packet.sequence);
  end.receiver.note({.spi = Spi(7),
                     .sequence = packet.sequence,
                     .octets = static_cast<std::uint32_t>(packet.octets),
                     .elicits = packet.is_data,
                     .stamp = packet.stamp},
                    now_);
  end.life.note_heard({.addresses = from, .octets = packet.octets, .is_newest = is_newest}, now_);
  if (packet.is_data) return;
  if (const auto report = PathReport::parse(packet.frame)) {
    if (end.sender.handle_report(*report, true, now_)) {
      end.life.handle_estimate(end.sender.estimate(now_), now_);
    }
    return;
  }
  end.life.handle_frame(packet.frame, from, now_);
}

std::optional<TimePoint> LifePair::when(const LifeEnd& end, PathState state,
                                        TimePoint since) const {
  for (const auto& change : end.changes) {
    if (change.when >= since && change.to == state) return change.when;
  }
  return std::nullopt;
}

std::string LifePair::story(const LifeEnd& end) {
  std::string story;
  for (const auto& change : end.changes) {
    const auto at = std::chrono::duration_cast<Milliseconds>(change.when - TimePoint(Seconds(100)));
    story += std::to_string(at.count()) + " ms: " + std::string(to_string(change.to)) + ", " +
             change.reason + "\n";
  }
  return story;
}

}  // namespace hawser::test
