// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/spsc_queue.h"
#include "crypto/system_random.h"
#include "tun/tun_device.h"
#include "tunnel/data_plane.h"
#include "tunnel/io/event_loop.h"
#include "tunnel/io/io_options.h"
#include "tunnel/io/io_status.h"
#include "tunnel/io/pending_sends.h"
#include "tunnel/io/tun_buffer.h"
#include "tunnel/io/udp_socket.h"

namespace hawser {

// The queues between workers: `to[k]` leads to worker k, `from[k]` comes from it; own index unused.
// After a push the receiving worker's loop is woken. Empty with one worker.
struct WorkerLinks {
  std::vector<SpscQueue<Handover>*> to;
  std::vector<SpscQueue<Handover>*> from;
  std::vector<EventLoop*> loops;
};

// Pumps packets between one TUN queue, its UDP sockets and one DataPlane; takes no decision about
// them. One thread, the one of its loop. Bounded work per wake-up, so that both directions and the
// rest of the loop are served. When the socket is full it stops reading the TUN device, whose queue
// then holds the senders back.
class Worker final : public EventHandler, public TimedHandler {
 public:
  struct Options {
    WorkerIndex index;
    unsigned workers = 1;
    TunQueue* tun = nullptr;            // must outlive the worker
    std::unique_ptr<UdpSocket> udp_v4;  // either may be absent
    std::unique_ptr<UdpSocket> udp_v6;
    // On the port of IKE alone (RFC 7296 section 2): messages without a marker, and no ESP.
    std::unique_ptr<UdpSocket> ike_v4;
    std::unique_ptr<UdpSocket> ike_v6;
    WorkerLinks links;
  };
  Worker(EventLoop& loop, Options options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override;

  // Begins to listen.
  Result<void, OsError> start();

  void handle_command(DataPlaneCommand command, TimePoint now);
  // A datagram of the control side: by the socket on `addresses.local.port` if that is the port of
  // IKE alone, else by the one that ESP goes by.
  // `link`: the interface to leave by; 0: the system chooses.
  void send_control(const AddressPair& addresses, ByteSpan datagram, unsigned link = 0);
  // What was received for the control side, oldest first; ask after each round of the loop.
  std::optional<ControlPacket> poll_control() { return data_plane_.poll_control(); }
  bool has_control() const { return data_plane_.has_control(); }
  // Of all that its sockets send, for routing rules.
  Result<void, OsError> set_mark(std::uint32_t mark);
  // What other workers handed over; call after each round of the loop.
  void take_handovers();
  // What there is for the control side; ask after each round of the loop.
  std::optional<DataPlaneEvent> poll_event();
  DataPlaneSnapshot snapshot() const { return data_plane_.snapshot(); }
  IoStatus status() const;
  // Set when the TUN device is gone: somebody deleted it. Nothing is pumped from it any more.
  const std::optional<OsError>& failure() const { return failure_; }

  void handle_event(int fd, Readiness ready) override;
  std::optional<TimePoint> next_timeout() const override;
  void handle_timeout(TimePoint now) override;

 private:
  static constexpr std::size_t kMaxEvents = 1024;
  // Bounds of one wake-up. The loop is level-triggered: what is left is met again at once.
  static constexpr unsigned kTunBatchesPerWakeup = 4;
  static constexpr unsigned kReceivesPerWakeup = 4;
  static constexpr unsigned kPacketsPerWakeup = 64;  // one by one

  void pump_tun();
  // Reads and hands on one batch; false if the queue is empty.
  bool pump_tun_batch(std::size_t max_packets);
  void pump_socket(UdpSocket& socket);
  void pump_ike_socket(UdpSocket& socket);
  void feed_outer(std::span<OuterPacket> batch);
  // Takes everything that the core has to give.
  void drain();
  // What was too large for its way.
  void take_too_big();
  void write_inner_packets();
  void send(const Transmit& transmit);
  void flush_pending(UdpSocket& socket);
  void update_interest();
  void hand_over(Handover handover);
  UdpSocket* socket_for(IpFamily family) const;
  UdpSocket* ike_socket_for(const AddressPair& addresses) const;
  std::array<UdpSocket*, 4> sockets() const;

  EventLoop& loop_;
  Options options_;
  TunQueue& tun_;
  SystemRandom random_;
  DataPlane data_plane_;
  TunBuffer buffer_;
  PendingSends pending_;
  std::deque<DataPlaneEvent> events_;
  std::optional<OsError> failure_;
  InnerCoalescer::Options coalesce_;
  bool one_by_one_;
  bool started_ = false;
};

}  // namespace hawser
