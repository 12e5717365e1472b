// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/worker.h"

#include <utility>

#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

// Writing super-packets needs what reading them needs: a kernel that knows the kind.
InnerCoalescer::Options coalescing_of(const TunOffloads& granted) {
  return {.tcp = granted.tso, .udp = granted.uso};
}

std::optional<IoStatus::Udp> status_of(const UdpSocket* socket) {
  if (socket == nullptr) return std::nullopt;
  return IoStatus::Udp{socket->port(), socket->granted(), socket->counters()};
}

bool sends_batches(const UdpSocket* socket) {
  return socket != nullptr && (socket->granted().batch || socket->granted().gso);
}

}  // namespace

Worker::Worker(EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      tun_(*options_.tun),
      data_plane_({.worker = options_.index,
                   .workers = options_.workers,
                   .coalesce = coalescing_of(tun_.granted()),
                   .random = &random_}),
      coalesce_(coalescing_of(tun_.granted())),
      one_by_one_(!tun_.granted().vnet_hdr && !sends_batches(options_.udp_v4.get()) &&
                  !sends_batches(options_.udp_v6.get())) {}

Worker::~Worker() {
  if (!started_) return;
  loop_.remove_timed(*this);
  if (!failure_) loop_.remove(tun_.fd());
  for (const UdpSocket* socket : sockets()) {
    if (socket != nullptr) loop_.remove(socket->fd());
  }
}

Result<void, OsError> Worker::start() {
  started_ = true;
  loop_.add_timed(*this);
  if (auto added = loop_.add(tun_.fd(), {}, *this); !added) return added;
  for (const UdpSocket* socket : sockets()) {
    if (socket == nullptr) continue;
    if (auto added = loop_.add(socket->fd(), {}, *this); !added) return added;
  }
  return {};
}

Result<void, OsError> Worker::set_mark(std::uint32_t mark) {
  for (UdpSocket* socket : sockets()) {
    if (socket == nullptr) continue;
    if (auto marked = socket->set_mark(mark); !marked) return marked;
  }
  return {};
}

void Worker::handle_command(DataPlaneCommand command, TimePoint now) {
  data_plane_.handle_command(std::move(command), now);
  drain();
}

std::optional<DataPlaneEvent> Worker::poll_event() {
  if (events_.empty()) return std::nullopt;
  DataPlaneEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

IoStatus Worker::status() const {
  return {.event_loop = loop_.name(),
          .tun_granted = tun_.granted(),
          .tun = tun_.counters(),
          .udp_v4 = status_of(options_.udp_v4.get()),
          .udp_v6 = status_of(options_.udp_v6.get())};
}

void Worker::handle_event(int fd, Readiness ready) {
  if (fd == tun_.fd()) return pump_tun();
  for (UdpSocket* socket : {options_.ike_v4.get(), options_.ike_v6.get()}) {
    if (socket == nullptr || fd != socket->fd()) continue;
    if (ready.failed) socket->read_errors();
    return pump_ike_socket(*socket);
  }
  UdpSocket& socket =
      *(options_.udp_v4 && fd == options_.udp_v4->fd() ? options_.udp_v4 : options_.udp_v6);
  if (ready.failed) {
    socket.read_errors();
    drain();
  }
  if (ready.writable) flush_pending(socket);
  if (ready.readable) pump_socket(socket);
}

std::optional<TimePoint> Worker::next_timeout() const { return data_plane_.next_timeout(); }

void Worker::handle_timeout(TimePoint now) {
  data_plane_.handle_timeout(now);
  drain();
}

void Worker::pump_tun() {
  const unsigned rounds = one_by_one_ ? kPacketsPerWakeup : kTunBatchesPerWakeup;
  const std::size_t max_packets = one_by_one_ ? 1 : TunBuffer::kMaxPackets;
  for (unsigned i = 0; i < rounds && pending_.empty(); ++i) {
    // What the control side is to hear comes first: numbers may run out meanwhile.
    if (!pump_tun_batch(max_packets) || !events_.empty()) return;
  }
}

bool Worker::pump_tun_batch(std::size_t max_packets) {
  buffer_.clear();
  bool more = true;
  while (!buffer_.is_full(max_packets)) {
    const auto packet = tun_.read(buffer_.room(tun_.header_room()));
    if (!packet) {
      failure_ = packet.error();
      loop_.remove(tun_.fd());
    }
    more = packet && packet->has_value();
    if (!more) break;
    buffer_.add(**packet);
  }
  if (buffer_.packets().empty()) return false;
  data_plane_.handle_inner_packets(buffer_.packets(), monotonic_now());
  drain();
  return more;
}

void Worker::pump_socket(UdpSocket& socket) {
  const unsigned rounds = socket.granted().batch ? kReceivesPerWakeup : kPacketsPerWakeup;
  for (unsigned i = 0; i < rounds; ++i) {
    const auto batch = socket.receive();
    if (batch.empty()) return;
    data_plane_.handle_outer_packets(batch, monotonic_now());
    drain();
    if (!socket.receive_was_full() || !events_.empty()) return;
  }
}

// One batch: ESP comes first.
void Worker::pump_ike_socket(UdpSocket& socket) {
  data_plane_.handle_control_packets(socket.receive());
}

void Worker::send_control(const AddressPair& addresses, ByteSpan datagram, unsigned link) {
  const Transmit transmit{.addresses = addresses,
                          .bytes = datagram,
                          .segment_size = static_cast<std::uint16_t>(datagram.size()),
                          .link = link,
                          // A long one that the peer does not take in parts of IKE's own.
                          .may_fragment = true};
  UdpSocket* socket = ike_socket_for(addresses);
  if (socket == nullptr) return send(transmit);
  const SendResult result = socket->send(transmit);
  // What is not sent now is sent again by IKE.
  if (result.blocked || result.failed != 0) data_plane_.count_drop(DropReason::kSendFailed);
}

void Worker::drain() {
  write_inner_packets();
  while (const auto transmit = data_plane_.poll_transmit()) send(*transmit);
  take_too_big();
  while (auto handover = data_plane_.poll_handover()) hand_over(std::move(*handover));
  while (auto event = data_plane_.poll_event()) {
    // What a flood of address changes loses here comes again with the next packet.
    if (events_.size() < kMaxEvents) events_.push_back(std::move(*event));
  }
}

void Worker::take_too_big() {
  for (UdpSocket* socket : sockets()) {
    if (socket == nullptr || !socket->has_too_big()) continue;
    for (const TooBig& news : socket->take_too_big()) {
      data_plane_.handle_too_big(news, monotonic_now());
    }
  }
}

void Worker::write_inner_packets() {
  while (const auto batch = data_plane_.poll_inner_packets()) {
    const TunWrite outcome = tun_.write(*batch);
    if (outcome == TunWrite::kWritten) continue;
    data_plane_.count_drop(DropReason::kTunWriteFailed);
    if (outcome != TunWrite::kGsoRefused) continue;
    (batch->gso.kind == GsoKind::kTcp ? coalesce_.tcp : coalesce_.udp) = false;
    data_plane_.set_coalescing(coalesce_);
  }
}

void Worker::send(const Transmit& transmit) {
  const IpFamily family = transmit.addresses.remote.address.family();
  UdpSocket* socket = socket_for(family);
  if (socket == nullptr) {
    data_plane_.count_drop(DropReason::kSendFailed, datagram_count(transmit));
    return;
  }
  SendResult result;
  // Behind what waits already, so that nothing is overtaken.
  if (pending_.empty(family)) {
    result = socket->send(transmit);
    if (result.failed != 0) data_plane_.count_drop(DropReason::kSendFailed, result.failed);
    if (!result.blocked) return;
  }
  if (!pending_.push(transmit, result.done)) {
    data_plane_.count_drop(DropReason::kSendFailed, datagram_count(transmit) - result.done);
  }
  update_interest();
}

void Worker::flush_pending(UdpSocket& socket) {
  while (const auto transmit = pending_.front(socket.family())) {
    const SendResult result = socket.send(*transmit);
    if (result.failed != 0) data_plane_.count_drop(DropReason::kSendFailed, result.failed);
    if (result.done != 0) pending_.advance(socket.family(), result.done);
    if (result.blocked) break;
  }
  update_interest();
}

void Worker::update_interest() {
  if (!failure_) loop_.modify(tun_.fd(), {.readable = pending_.empty(), .writable = false});
  for (UdpSocket* socket : {options_.udp_v4.get(), options_.udp_v6.get()}) {
    if (socket == nullptr) continue;
    loop_.modify(socket->fd(), {.readable = true, .writable = !pending_.empty(socket->family())});
  }
}

void Worker::hand_over(Handover handover) {
  const std::size_t target = handover.target.value();
  const auto& to = options_.links.to;
  if (target >= to.size() || to[target] == nullptr || !to[target]->push(std::move(handover))) {
    data_plane_.count_drop(DropReason::kHandoverFull);
    return;
  }
  options_.links.loops[target]->wake_up();
}

void Worker::take_handovers() {
  for (SpscQueue<Handover>* queue : options_.links.from) {
    if (queue == nullptr) continue;
    while (auto handover = queue->pop()) {
      data_plane_.handle_handover(std::move(*handover), monotonic_now());
      drain();
    }
  }
}

std::array<UdpSocket*, 4> Worker::sockets() const {
  return {options_.udp_v4.get(), options_.udp_v6.get(), options_.ike_v4.get(),
          options_.ike_v6.get()};
}

UdpSocket* Worker::ike_socket_for(const AddressPair& addresses) const {
  UdpSocket* socket =
      addresses.remote.address.is_v4() ? options_.ike_v4.get() : options_.ike_v6.get();
  return socket != nullptr && socket->port() == addresses.local.port ? socket : nullptr;
}

UdpSocket* Worker::socket_for(IpFamily family) const {
  return family == IpFamily::kV4 ? options_.udp_v4.get() : options_.udp_v6.get();
}

}  // namespace hawser
