// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/counter.h"
#include "base/ip_address.h"
#include "base/os_error.h"
#include "base/result.h"
#include "tun/unique_fd.h"
#include "tunnel/io/link_sources.h"
#include "tunnel/packet.h"

namespace hawser {

class ReceiveArena;

// What is asked of a socket, and what it granted.
struct UdpOffloads {
  bool gso = true;    // UDP_SEGMENT: many packets in one send
  bool gro = true;    // UDP_GRO: many packets in one received message
  bool batch = true;  // sendmmsg and recvmmsg: many messages in one call
  friend bool operator==(const UdpOffloads&, const UdpOffloads&) = default;
};

struct UdpCounters {
  Counter send_calls;          // system calls
  Counter packets_sent;        // datagrams
  Counter send_blocked;        // the socket's buffer was full: sent later
  Counter send_failed;         // datagrams that the kernel refused
  Counter gso_fallbacks;       // sends that went out datagram by datagram after all
  Counter packets_fragmented;  // datagrams that the kernel was allowed to fragment
  Counter receive_calls;       // system calls, those that found nothing included
  Counter messages_received;   // with GRO several datagrams each
  Counter packets_received;    // datagrams
  Counter truncated;           // datagrams larger than any that we take: dropped
};

inline std::size_t datagram_count(const Transmit& transmit) {
  return (transmit.bytes.size() + transmit.segment_size - 1) / transmit.segment_size;
}

// The outcome of a send: datagrams taken by the kernel or refused by it are done with; if blocked,
// the datagrams behind the first `done` are to be sent again when the socket is writable.
struct SendResult {
  std::size_t done = 0;    // datagrams
  std::size_t failed = 0;  // those of `done` that were refused
  bool blocked = false;
};

// One non-blocking UDP socket of one address family, on one port and all addresses; one thread.
// Nothing here knows what the datagrams mean.
//
// Datagrams go whole (DF) or not at all, unless the sender says otherwise. What the kernel
// remembers of paths is left aside (IP_PMTUDISC_PROBE), for it believes whoever knows both
// addresses: what routers say is reported, with the packet that they quote, for others to judge.
class UdpSocket {
 public:
  struct Options {
    IpFamily family = IpFamily::kV4;
    std::uint16_t port = 0;  // 0: any free one
    UdpOffloads offloads;
    std::uint32_t mark = 0;  // of what is sent, for routing rules; not 0: needs CAP_NET_ADMIN
    int buffer_bytes = 8 * 1024 * 1024;  // each way; what the kernel grants of it
  };
  static Result<UdpSocket, OsError> open(const Options& options);
  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  int fd() const { return fd_.get(); }
  IpFamily family() const { return family_; }
  std::uint16_t port() const { return port_; }
  const UdpOffloads& granted() const { return granted_; }
  const UdpCounters& counters() const { return counters_; }

  Result<void, OsError> set_mark(std::uint32_t mark);
  SendResult send(const Transmit& transmit);
  // What was too large for its way since it was asked last: by the interface, which sends know, or,
  // of what was sent before, by a router. Each call reads a bounded part of what waits there.
  bool has_too_big() const { return !too_big_.empty(); }
  std::vector<TooBig> take_too_big() { return std::exchange(too_big_, {}); }
  void read_errors();
  // What one receive call brings, in memory of this object until the next call; empty: nothing
  // there.
  std::span<OuterPacket> receive();
  // The last receive() used all of its messages: there may be more.
  bool receive_was_full() const { return receive_was_full_; }

 private:
  UdpSocket(UniqueFd fd, const Options& options);

  enum class Segmented { kSent, kBlocked, kFailed, kTooLarge, kUnsupported };
  Segmented send_segmented(const Transmit& transmit);
  SendResult send_datagrams(const Transmit& transmit);
  bool may_segment(const Transmit& transmit);
  bool allow_fragments(bool allowed);
  // The interface does not take the datagram.
  void note_too_big(const Transmit& transmit, std::size_t index);
  void read_error_queue(std::uint32_t* local_mtu);
  bool wants_source(const Transmit& transmit);

  // What is known of UDP_SEGMENT by one interface (0: by the one that the system chooses). What one
  // refuses others may do.
  struct Segmentation {
    unsigned link = 0;
    bool refused = false;
    // Segments of this size were too large for the way they go; tried again after some sends.
    std::uint16_t limit = 0;
    unsigned sends_until_retry = 0;
  };
  static constexpr std::size_t kSegmentationsMax = 32;
  Segmentation& segmentation(unsigned link);

  UniqueFd fd_;
  IpFamily family_;
  std::uint16_t port_ = 0;
  UdpOffloads granted_;
  UdpCounters counters_;
  std::unique_ptr<ReceiveArena> arena_;
  bool receive_was_full_ = false;
  std::vector<Segmentation> segmentations_;
  LinkSources link_sources_;
  bool fragments_allowed_ = false;
  std::vector<TooBig> too_big_;
};

}  // namespace hawser
