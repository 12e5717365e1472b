// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/measured_path.h"

#include <algorithm>
#include <cmath>

namespace hawser::test {

MeasuredPath::MeasuredPath(const Link& link, const Clock& clock, unsigned seed, DelayOrigin& origin,
                           TimePoint begin)
    : link_(link),
      clock_(clock),
      random_(seed),
      begin_(begin),
      now_(begin),
      link_free_(begin),
      sender_(origin) {
  begin_sa(Spi(0x1000));
}

void MeasuredPath::begin_sa(Spi spi) {
  spi_ = spi;
  sequence_ = 0;
  sender_.begin_sa(spi);
}

void MeasuredPath::run(const Traffic& traffic, Duration length) {
  sender_.note_backlog(traffic.backlog);
  const Duration gap(std::llround(traffic.octets * 8e9 / traffic.bps));
  for (const TimePoint end = now_ + length; now_ < end;) {
    send(traffic.octets);
    advance(now_ + gap);
  }
  sender_.note_backlog(false);
}

void MeasuredPath::idle(Duration length) { advance(now_ + length); }

void MeasuredPath::send(std::uint32_t octets) {
  ReceivedPacket packet{.spi = spi_, .sequence = ++sequence_, .octets = octets};
  if (sender_.wants_stamp(now_)) packet.stamp = to_stamp(now_);
  sender_.note_sent({.sequence = sequence_, .octets = octets, .stamped = packet.stamp.has_value()},
                    now_);
  const TimePoint turn = std::max(now_, link_free_);
  if (happens(link_.loss) || turn - now_ > link_.queue_max) {
    ++lost_;
    return;
  }
  link_free_ = turn + Duration(std::llround(octets * 8e9 / link_.rate_bps));
  TimePoint arrival = std::max(last_arrival_, link_free_ + link_.delay + jitter());
  last_arrival_ = arrival;
  if (happens(link_.late)) {
    arrival += std::chrono::microseconds(std::uniform_int_distribution(5000, 50'000)(random_));
  }
  packet.congested = happens(link_.congested);
  events_.emplace(arrival, [this, packet] { arrive(packet); });
}

Duration MeasuredPath::jitter() {
  const double passed = static_cast<double>((now_ - jittered_).count()) / 100e6;
  jittered_ = now_;
  jitter_ = jitter_ * std::exp(-passed) +
            std::sqrt(1 - std::exp(-2 * passed)) * std::normal_distribution<>()(random_);
  return Duration(std::llround(static_cast<double>(link_.jitter.count()) * jitter_));
}

void MeasuredPath::arrive(const ReceivedPacket& packet) {
  receiver_.note(packet, theirs(now_));
  ask_for_report();
}

void MeasuredPath::ask_for_report() {
  while (const std::optional<PathReport> report = receiver_.poll_report(theirs(now_))) {
    ++reports_;
    if (last_report_) longest_interval_ = std::max(longest_interval_, now_ - *last_report_);
    last_report_ = now_;
    if (happens(link_.report_loss)) continue;
    std::vector<std::uint8_t> octets(kPathReportSize);
    report->serialize(octets.data());
    events_.emplace(now_ + link_.delay, [this, octets] {
      sender_.handle_report(PathReport::parse(octets).value(), true, now_);
    });
  }
}

void MeasuredPath::advance(TimePoint until) {
  while (true) {
    TimePoint next = until;
    const std::optional<TimePoint> due = receiver_.next_timeout();
    if (due) next = std::min(next, std::max(now_, ours(*due)));
    if (!events_.empty()) next = std::min(next, events_.begin()->first);
    if (next >= until) break;
    now_ = next;
    if (!events_.empty() && events_.begin()->first == next) {
      const auto event = events_.extract(events_.begin());
      event.mapped()();
    }
    ask_for_report();
  }
  now_ = until;
}

TimePoint MeasuredPath::theirs(TimePoint ours) const {
  const auto since = static_cast<double>((ours - begin_).count());
  return ours + clock_.offset + Duration(std::llround(since * clock_.ppm * 1e-6));
}

TimePoint MeasuredPath::ours(TimePoint theirs) const {
  const auto since = static_cast<double>((theirs - begin_ - clock_.offset).count());
  // A nanosecond more, so that what is due there is never early here.
  return begin_ + Duration(std::llround(since / (1 + clock_.ppm * 1e-6)) + 1);
}

}  // namespace hawser::test
