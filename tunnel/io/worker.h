// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/spsc_queue.h"
#include "tun/tun_device.h"
#include "tunnel/data_plane.h"
#include "tunnel/io/event_loop.h"
#include "tunnel/io/io_options.h"
#include "tunnel/io/io_status.h"
#include "tunnel/io/pending_sends.h"
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
    DataPlane::Options data_plane;
    TunQueue* tun = nullptr;            // must outlive the worker
    std::unique_ptr<UdpSocket> udp_v4;  // either may be absent
    std::unique_ptr<UdpSocket> udp_v6;
    WorkerLinks links;
  };
  Worker(EventLoop& loop, Options options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override;

  // Begins to listen.
  Result<void, OsError> start();

  void handle_command(DataPlaneCommand command, TimePoint now);
  // What there is for the control side; ask after each round of the loop.
  std::optional<DataPlaneEvent> poll_event();
  DataPlaneSnapshot snapshot(TimePoint now) const { return data_plane_.snapshot(now); }
  IoStatus status() const;
  // Set when the TUN device is gone: somebody deleted it. Nothing is pumped from it any more.
  const std::optional<OsError>& failure() const { return failure_; }

  void handle_event(int fd, Readiness ready) override;
  std::optional<TimePoint> next_timeout() const override;
  void handle_timeout(TimePoint now) override;

 private:
  struct TunBuffer;
  static constexpr std::size_t kMaxEvents = 1024;

  void pump_tun();
  bool read_tun_batch();
  void pump_socket(UdpSocket& socket);
  void feed_outer(std::span<OuterPacket> batch);
  void drain(TimePoint now);
  void send(const Transmit& transmit);
  void flush_pending(UdpSocket& socket);
  void update_interest();
  void take_handovers(TimePoint now);
  void fail(OsError error);
  UdpSocket* socket_for(IpFamily family) const;

  EventLoop& loop_;
  Options options_;
  DataPlane data_plane_;
  std::unique_ptr<TunBuffer> buffer_;
  PendingSends pending_;
  std::deque<DataPlaneEvent> events_;
  std::optional<OsError> failure_;
  bool started_ = false;
  bool one_by_one_ = false;  // plain mode: one packet per call of the core
};

}  // namespace hawser
