// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ip_address.h"
#include "tunnel/packet.h"

namespace hawser {

// A TransportAddress in the kernel's form, and back.
class SocketAddress {
 public:
  SocketAddress() = default;
  explicit SocketAddress(const TransportAddress& address);

  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  static constexpr socklen_t capacity() { return sizeof(sockaddr_storage); }
  // What the kernel wrote to data().
  static TransportAddress decode(const sockaddr* address);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// Address and ancillary data of outgoing datagrams, shared by all messages of a transmit: the
// segment size (UDP_SEGMENT), the ECN bits, the interface to leave by and the wish for a source
// address.
class OutgoingHeader {
 public:
  struct Options {
    std::uint16_t segment_size = 0;  // 0: every message is one datagram
    bool with_source = true;
  };
  OutgoingHeader(const Transmit& transmit, const Options& options);
  OutgoingHeader(const OutgoingHeader&) = delete;
  OutgoingHeader& operator=(const OutgoingHeader&) = delete;

  // A message with these parts; points into this object.
  msghdr message(iovec* parts, std::size_t count);

 private:
  void add(int level, int type, const void* value, std::size_t size);
  void add_way(bool v4, unsigned link, const IpAddress* source);

  SocketAddress remote_;
  std::size_t control_size_ = 0;
  alignas(cmsghdr) std::array<std::uint8_t, 128> control_{};
};

// What the ancillary data of a received message says.
struct IncomingHeader {
  IpAddress local;  // unspecified if the kernel did not say
  Ecn ecn = Ecn::kNotEct;
  std::size_t segment_size = 0;  // 0: the message is one datagram
};
inline constexpr std::size_t kIncomingControlSize = 128;
IncomingHeader decode_incoming(msghdr& message);

}  // namespace hawser
