// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/socket_message.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cassert>
#include <cstring>

#include "base/bytes.h"

namespace hawser {
namespace {

template <typename T>
T load(const cmsghdr* control) {
  T value{};
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

Ecn ecn_of(unsigned traffic_class) { return static_cast<Ecn>(traffic_class & 3U); }

void decode_v4(const cmsghdr* control, IncomingHeader& header) {
  if (control->cmsg_type == IP_PKTINFO) {
    const auto info = load<in_pktinfo>(control);
    header.local = IpAddress::v4(reinterpret_cast<const std::uint8_t*>(&info.ipi_addr));
  } else if (control->cmsg_type == IP_TOS) {
    header.ecn = ecn_of(load<std::uint8_t>(control));
  }
}

void decode_v6(const cmsghdr* control, IncomingHeader& header) {
  if (control->cmsg_type == IPV6_PKTINFO) {
    const auto info = load<in6_pktinfo>(control);
    header.local = IpAddress::v6(reinterpret_cast<const std::uint8_t*>(&info.ipi6_addr));
  } else if (control->cmsg_type == IPV6_TCLASS) {
    header.ecn = ecn_of(load<unsigned>(control));
  }
}

}  // namespace

SocketAddress::SocketAddress(const TransportAddress& address) {
  const ByteSpan octets = address.address.octets();
  std::uint8_t port[2];
  store_be16(port, address.port);
  if (address.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_port, port, sizeof port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_port, port, sizeof port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    std::memcpy(&storage_, &v6, sizeof v6);
    size_ = sizeof v6;
  }
}

TransportAddress SocketAddress::decode(const sockaddr* address) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(address);
  TransportAddress result;
  if (address->sa_family == AF_INET) {
    result.port = load_be16(bytes + offsetof(sockaddr_in, sin_port));
    result.address = IpAddress::v4(bytes + offsetof(sockaddr_in, sin_addr));
  } else if (address->sa_family == AF_INET6) {
    result.port = load_be16(bytes + offsetof(sockaddr_in6, sin6_port));
    result.address = IpAddress::v6(bytes + offsetof(sockaddr_in6, sin6_addr));
  }
  return result;
}

OutgoingHeader::OutgoingHeader(const Transmit& transmit, const Options& options)
    : remote_(transmit.addresses.remote) {
  const bool v4 = transmit.addresses.remote.address.is_v4();
  const IpAddress& source = transmit.addresses.local.address;
  if (options.segment_size != 0) {
    add(SOL_UDP, UDP_SEGMENT, &options.segment_size, sizeof options.segment_size);
  }
  if (transmit.ecn != Ecn::kNotEct) {
    const int traffic_class = static_cast<int>(transmit.ecn);
    add(v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &traffic_class,
        sizeof traffic_class);
  }
  const bool has_source = options.with_source && !source.is_unspecified() && source.is_v4() == v4;
  if (has_source || transmit.link != 0) {
    add_way(v4, transmit.link, has_source ? &source : nullptr);
  }
}

void OutgoingHeader::add_way(bool v4, unsigned link, const IpAddress* source) {
  const ByteSpan octets = source != nullptr ? source->octets() : ByteSpan();
  if (v4) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(link);
    if (!octets.empty()) std::memcpy(&info.ipi_spec_dst, octets.data(), octets.size());
    add(IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  } else {
    in6_pktinfo info{};
    info.ipi6_ifindex = link;
    if (!octets.empty()) std::memcpy(&info.ipi6_addr, octets.data(), octets.size());
    add(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
}

void OutgoingHeader::add(int level, int type, const void* value, std::size_t size) {
  assert(control_size_ + CMSG_SPACE(size) <= control_.size());
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(size);
  std::memcpy(&control_[control_size_], &header, sizeof header);
  std::memcpy(&control_[control_size_ + CMSG_LEN(0)], value, size);
  control_size_ += CMSG_SPACE(size);
}

msghdr OutgoingHeader::message(iovec* parts, std::size_t count) {
  msghdr message{};
  message.msg_name = remote_.data();
  message.msg_namelen = remote_.size();
  message.msg_iov = parts;
  message.msg_iovlen = count;
  if (control_size_ != 0) {
    message.msg_control = control_.data();
    message.msg_controllen = control_size_;
  }
  return message;
}

IncomingHeader decode_incoming(msghdr& message) {
  IncomingHeader header;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level == IPPROTO_IP) {
      decode_v4(control, header);
    } else if (control->cmsg_level == IPPROTO_IPV6) {
      decode_v6(control, header);
    } else if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      const int size = load<int>(control);
      header.segment_size = size > 0 ? static_cast<std::size_t>(size) : 0;
    }
  }
  return header;
}

}  // namespace hawser
