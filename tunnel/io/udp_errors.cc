// SPDX-License-Identifier: Apache-2.0
// Before the next one, which does not include what it uses.
#include <ctime>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "tunnel/io/socket_message.h"
#include "tunnel/io/udp_socket.h"

namespace hawser {
namespace {

constexpr unsigned kErrorsPerRead = 64;
constexpr std::size_t kTooBigMax = 256;
// SPI and sequence number: all that is looked at of what a router quotes.
constexpr std::size_t kQuote = 8;

struct QueuedError {
  sock_extended_err about{};
  TransportAddress remote;  // of the datagram
  std::array<std::uint8_t, kQuote> quote{};
  std::size_t quoted = 0;
};

// Nothing: the queue is empty. An `about` of 0: something without that information.
std::optional<QueuedError> read_error(int fd) {
  QueuedError error;
  sockaddr_storage remote{};
  alignas(cmsghdr) std::array<std::uint8_t, 512> control{};
  iovec part{error.quote.data(), error.quote.size()};
  msghdr message{};
  message.msg_name = &remote;
  message.msg_namelen = sizeof remote;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size;
  do {
    size = ::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return std::nullopt;
  error.quoted = static_cast<std::size_t>(size);
  error.remote = SocketAddress::decode(reinterpret_cast<const sockaddr*>(&remote));
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    const bool is_error = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVERR) ||
                          (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_RECVERR);
    if (is_error) std::memcpy(&error.about, CMSG_DATA(one), sizeof error.about);
  }
  return error;
}

bool is_from_network(const sock_extended_err& about) {
  return about.ee_origin == SO_EE_ORIGIN_ICMP || about.ee_origin == SO_EE_ORIGIN_ICMP6;
}

}  // namespace

// IPv6: in parts that go any way, since what the kernel knows of the path may be of another link.
bool UdpSocket::allow_fragments(bool allowed) {
  if (allowed == fragments_allowed_) return true;
  const auto set = [this](int level, int option, int value) {
    return ::setsockopt(fd(), level, option, &value, sizeof value) == 0;
  };
  bool done;
  if (family_ == IpFamily::kV4) {
    done = set(IPPROTO_IP, IP_MTU_DISCOVER, allowed ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
  } else {
    constexpr int kLeastMtu = 1280;
    done = set(IPPROTO_IPV6, IPV6_MTU, allowed ? kLeastMtu : 0) &&
           set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, allowed ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
  }
  if (done) fragments_allowed_ = allowed;
  return done;
}

void UdpSocket::note_too_big(const Transmit& transmit, std::size_t index) {
  std::uint32_t mtu = 0;
  read_error_queue(&mtu);
  const ByteSpan datagram = transmit.bytes.subspan(index * transmit.segment_size);
  // An interface says what it takes. Without that the refusal was what the kernel kept for this
  // call of a message from the network, which is looked at by itself.
  if (mtu == 0 || datagram.size() < kQuote || too_big_.size() == kTooBigMax) return;
  too_big_.push_back({.remote = transmit.addresses.remote,
                      .mtu = mtu,
                      .spi = Spi(load_be32(datagram.data())),
                      .sequence_low = load_be32(datagram.data() + 4)});
}

void UdpSocket::read_errors() { read_error_queue(nullptr); }

// `local_mtu`: what the interface takes, if it refused something.
void UdpSocket::read_error_queue(std::uint32_t* local_mtu) {
  for (unsigned i = 0; i < kErrorsPerRead; ++i) {
    const auto error = read_error(fd());
    if (!error) return;
    if (error->about.ee_errno != EMSGSIZE) continue;
    if (error->about.ee_origin == SO_EE_ORIGIN_LOCAL && local_mtu != nullptr) {
      *local_mtu = error->about.ee_info;
    }
    if (!is_from_network(error->about) || too_big_.size() == kTooBigMax) continue;
    // A router need not quote so much (RFC 792); then it cannot be told from a forged one, which an
    // SPI of 0 is.
    const bool is_whole = error->quoted == kQuote;
    too_big_.push_back({.remote = error->remote,
                        .mtu = error->about.ee_info,
                        .spi = Spi(is_whole ? load_be32(error->quote.data()) : 0),
                        .sequence_low = is_whole ? load_be32(error->quote.data() + 4) : 0,
                        .from_network = true});
  }
}

}  // namespace hawser
