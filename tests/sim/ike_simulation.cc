// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_simulation.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

constexpr std::size_t kMarker = 4;

std::size_t marker_of(const IkeDatagram& datagram) {
  return datagram.source.port == kIkePort ? 0 : std::min(kMarker, datagram.bytes.size());
}

}  // namespace

MutableByteSpan IkeDatagram::message() { return MutableByteSpan(bytes).subspan(marker_of(*this)); }
ByteSpan IkeDatagram::message() const { return ByteSpan(bytes).subspan(marker_of(*this)); }

IkeSimulation::IkeSimulation(const Options& options)
    : left(options.left), right(options.right), random(options.seed), options_(options) {
  left.random.remembers = right.random.remembers = options.record;
}

void IkeSimulation::start() {
  restart(left);
  restart(right);
  if (options_.packet_interval > Duration(0)) send_packets();
}

void IkeSimulation::restart(IkeHost& host) {
  if (options_.record) records_.push_back({now, &host == &left, "starts", {}, {}});
  host.start(&host == &left ? right.spec : left.spec, now);
  collect(host);
}

void IkeSimulation::move(IkeHost& host, const TransportAddress& address) {
  host.address = address;
  if (options_.record) {
    records_.push_back({now, &host == &left, "moves to " + address.to_string(), {}, {}});
  }
  host.engine().handle_link_change(now);
  collect(host);
}

void IkeSimulation::act(IkeHost& host, const std::function<void(IkeEngine&)>& action) {
  action(host.engine());
  collect(host);
}

bool IkeSimulation::is_later(const Scheduled& a, const Scheduled& b) {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
}

void IkeSimulation::schedule(TimePoint when, decltype(Scheduled::what) what) {
  queue_.push_back({when, next_order_++, std::move(what)});
  std::ranges::push_heap(queue_, is_later);
}

void IkeSimulation::at(TimePoint when, std::function<void()> action) {
  schedule(when, std::move(action));
}

std::optional<TimePoint> IkeSimulation::next_timeout() const {
  std::optional<TimePoint> next;
  for (const IkeHost* host : {&left, &right}) {
    const std::optional<TimePoint> due = host->engine().next_timeout();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

// Does what comes next, unless it comes after the limit.
bool IkeSimulation::step(TimePoint limit) {
  const std::optional<TimePoint> timeout = next_timeout();
  const bool timer_first = timeout && (queue_.empty() || *timeout < queue_.front().when);
  if (!timer_first && queue_.empty()) return false;
  const TimePoint when = timer_first ? *timeout : queue_.front().when;
  if (when > limit) return false;
  now = std::max(now, when);
  if (timer_first) {
    for (IkeHost* host : {&left, &right}) {
      host->engine().handle_timeout(now);
      collect(*host);
    }
    return true;
  }
  std::ranges::pop_heap(queue_, is_later);
  Scheduled next = std::move(queue_.back());
  queue_.pop_back();
  if (auto* action = std::get_if<std::function<void()>>(&next.what)) {
    (*action)();
  } else if (auto* datagram = std::get_if<IkeDatagram>(&next.what)) {
    arrive(std::move(*datagram));
  } else {
    arrive(std::get<Packet>(next.what));
  }
  return true;
}

void IkeSimulation::run_for(Duration time) {
  const TimePoint limit = now + time;
  while (step(limit)) {
  }
  now = limit;
}

bool IkeSimulation::run_until(const std::function<bool()>& predicate, Duration limit) {
  const TimePoint end = now + limit;
  while (!predicate()) {
    if (step(end)) continue;
    now = end;
    return predicate();
  }
  return true;
}

void IkeSimulation::add_to_digest(std::uint64_t value) {
  digest_ = (digest_ ^ value) * 0x100000001b3u;
}

void IkeSimulation::collect(IkeHost& host) {
  const bool is_left = &host == &left;
  while (std::optional<IkeEvent> event = host.engine().poll_event()) {
    host.ledger.take(*event);
    const std::string text = describe(*event);
    add_to_digest(static_cast<std::uint64_t>(now.time_since_epoch().count()));
    for (const char letter : text) add_to_digest(static_cast<std::uint8_t>(letter));
    if (options_.record) records_.push_back({now, is_left, text, {}, {}});
  }
  while (std::optional<IkeTransmit> transmit = host.engine().poll_transmit()) {
    IkeDatagram datagram{.source = transmit->addresses.local,
                         .destination = transmit->addresses.remote,
                         .bytes = std::move(transmit->bytes),
                         .to_right = is_left};
    // What the system's routes would choose.
    if (datagram.source.address.is_unspecified()) datagram.source.address = host.address.address;
    if (datagram.source.port == 0) datagram.source.port = kIkeNatPort;
    // It has moved away from there: the system refuses to send.
    if (datagram.source.address != host.address.address) continue;
    send(std::move(datagram));
  }
}

void IkeSimulation::send(IkeDatagram datagram) {
  ++messages_;
  for (const std::uint8_t octet : datagram.bytes) add_to_digest(octet);
  if (attacker && attacker(datagram)) {
    if (options_.record) {
      records_.push_back({now, datagram.to_right, {}, std::move(datagram), "taken"});
    }
    return;
  }
  const std::string fate = carry(datagram);
  if (options_.record) {
    records_.push_back({now, datagram.to_right, {}, std::move(datagram), fate});
  }
}

Duration IkeSimulation::way(const IkeLink& link) {
  const auto up_to = [this](Duration most) {
    const auto count = static_cast<std::uint64_t>(most.count());
    return Duration(static_cast<Duration::rep>(count == 0 ? 0 : random.below(count)));
  };
  Duration time = link.delay + up_to(link.jitter);
  if (random.chance(link.late)) time += up_to(link.late_by);
  return time;
}

std::string IkeSimulation::carry(const IkeDatagram& datagram) {
  const IkeLink& link = datagram.to_right ? to_right : to_left;
  if (link.down || random.chance(link.loss)) return "lost";
  const unsigned copies = random.chance(link.duplicate) ? 2 : 1;
  for (unsigned i = 0; i < copies; ++i) schedule(now + way(link), datagram);
  return copies == 2 ? "twice" : "";
}

void IkeSimulation::inject(IkeDatagram datagram, Duration delay) {
  schedule(now + delay, std::move(datagram));
}

void IkeSimulation::arrive(IkeDatagram datagram) {
  IkeHost& host = datagram.to_right ? right : left;
  if (host.address.address != datagram.destination.address) return;
  const AddressPair addresses{.local = datagram.destination, .remote = datagram.source};
  host.engine().handle_message(addresses, datagram.message(), now);
  collect(host);
}

// One packet from each end now, and again after the interval.
void IkeSimulation::send_packets() {
  for (IkeHost* host : {&left, &right}) send_packet(*host);
  at(now + options_.packet_interval, [this] { send_packets(); });
}

void IkeSimulation::send_packet(IkeHost& host) {
  const IkeLedger::Child* child = host.ledger.sending();
  if (child == nullptr || !host.ledger.path()) {
    if (host.ledger.established() != 0) ++host.unsendable;
    return;
  }
  const std::size_t k = host.sent++ % child->what.sas.size();
  const IkeLink& link = &host == &left ? to_right : to_left;
  if (link.down || random.chance(link.loss)) {
    ++packets_lost_by_links_;
    return;
  }
  schedule(now + way(link), Packet{.to_right = &host == &left,
                                   .destination = host.ledger.path()->remote,
                                   .spi = child->what.sas[k].spi_out,
                                   .key = child->out_prints[k]});
}

void IkeSimulation::arrive(const Packet& packet) {
  IkeHost& host = packet.to_right ? right : left;
  if (host.address.address != packet.destination.address) {
    ++packets_lost_by_links_;
    return;
  }
  const std::optional<std::uint64_t> key = host.ledger.key_of(packet.spi);
  if (!key) {
    ++host.unknown_spi;
    return;
  }
  if (*key != packet.key) {
    ++host.wrong_key;
    return;
  }
  ++host.delivered;
  host.last_delivered = now;
  // As the daemon does: not for each packet.
  if (host.last_report && now < *host.last_report + Seconds(1)) return;
  host.last_report = now;
  host.engine().handle_peer_heard(IkeHost::kPeer, now);
}

std::uint64_t IkeSimulation::packets_lost_by_ends() const {
  return left.unknown_spi + left.wrong_key + right.unknown_spi + right.wrong_key;
}

}  // namespace hawser
