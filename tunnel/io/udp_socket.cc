// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/udp_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "tun/system_failure.h"
#include "tunnel/io/receive_arena.h"
#include "tunnel/io/socket_message.h"

namespace hawser {
namespace {

constexpr std::size_t kMessagesWithoutGro = 64;
constexpr std::size_t kBatch = Transmit::kMaxSegments;
constexpr unsigned kSendsUntilRetry = 1024;

bool set_option(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// The privileged form goes beyond the limit of the system; the other takes what that allows.
void set_buffers(int fd, int bytes) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  }
}

bool set_ip_options(int fd, IpFamily family) {
  if (family == IpFamily::kV4) {
    return set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) &&
           set_option(fd, IPPROTO_IP, IP_RECVERR, 1) && set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
           set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
  }
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
}

IpAddress any_address(IpFamily family) {
  constexpr std::array<std::uint8_t, 16> kZero{};
  return family == IpFamily::kV4 ? IpAddress() : IpAddress::v6(kZero.data());
}

// What an address that is not this machine's (any more) may be answered with.
bool may_be_about_source(int error) {
  return error == EINVAL || error == EADDRNOTAVAIL || error == ENETUNREACH;
}

// A transmit in sendmmsg's form.
struct DatagramList {
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> messages;

  // The datagrams behind the first `skip`, so many as there is room for.
  std::span<mmsghdr> fill(OutgoingHeader& header, const Transmit& transmit, std::size_t skip,
                          std::size_t limit) {
    ByteSpan rest = transmit.bytes.subspan(skip * transmit.segment_size);
    std::size_t count = 0;
    while (!rest.empty() && count < limit) {
      const ByteSpan datagram =
          rest.first(std::min<std::size_t>(transmit.segment_size, rest.size()));
      parts[count] = {const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
      messages[count] = {header.message(&parts[count], 1), 0};
      rest = rest.subspan(datagram.size());
      ++count;
    }
    return std::span(messages).first(count);
  }
};

}  // namespace

UdpSocket::UdpSocket(UniqueFd fd, const Options& options)
    : fd_(std::move(fd)),
      family_(options.family),
      granted_(options.offloads),
      link_sources_(options.mark) {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

Result<UdpSocket, OsError> UdpSocket::open(const Options& options) {
  const bool v4 = options.family == IpFamily::kV4;
  const std::string what = std::string("cannot open UDP port ") + std::to_string(options.port) +
                           (v4 ? " (IPv4)" : " (IPv6)");
  UdpSocket result(
      UniqueFd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      options);
  const int fd = result.fd();
  if (fd < 0 || !set_ip_options(fd, options.family)) return system_failure(what, errno);
  if (options.mark != 0) {
    if (auto marked = result.set_mark(options.mark); !marked) return failure(marked.error());
  }
  set_buffers(fd, options.buffer_bytes);
  SocketAddress address({any_address(options.family), options.port});
  if (::bind(fd, address.data(), address.size()) != 0) return system_failure(what, errno);
  socklen_t size = SocketAddress::capacity();
  if (::getsockname(fd, address.data(), &size) != 0) return system_failure(what, errno);
  result.port_ = SocketAddress::decode(address.data()).port;

  UdpOffloads& granted = result.granted_;
  int segment = 0;
  socklen_t segment_size = sizeof segment;
  granted.gso = granted.gso && ::getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &segment_size) == 0;
  granted.gro = granted.gro && set_option(fd, SOL_UDP, UDP_GRO, 1);
  const std::size_t batch = granted.gro ? kReceiveMessages : kMessagesWithoutGro;
  const std::size_t messages = granted.batch ? batch : 1;
  result.arena_ = std::make_unique<ReceiveArena>(messages);
  return result;
}

Result<void, OsError> UdpSocket::set_mark(std::uint32_t mark) {
  link_sources_.set_mark(mark);
  if (::setsockopt(fd(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) return {};
  return system_failure("cannot mark the packets of UDP port " + std::to_string(port_), errno);
}

SendResult UdpSocket::send(const Transmit& transmit) {
  if (transmit.bytes.empty() || transmit.segment_size == 0) return {};
  allow_fragments(transmit.may_fragment);
  if (transmit.may_fragment || !may_segment(transmit)) return send_datagrams(transmit);
  const std::size_t count = datagram_count(transmit);
  switch (send_segmented(transmit)) {
    case Segmented::kSent:
      return {.done = count};
    case Segmented::kBlocked:
      return {.blocked = true};
    case Segmented::kFailed:
      counters_.send_failed.add(count);
      return {.done = count, .failed = count};
    case Segmented::kTooLarge:
      segmentation(transmit.link).limit = transmit.segment_size;
      segmentation(transmit.link).sends_until_retry = kSendsUntilRetry;
      return send_datagrams(transmit);
    case Segmented::kUnsupported:
      break;
  }
  // The offload is at fault only if the datagrams by themselves are not. Older kernels have the
  // same error for segments that the interface does not take.
  const std::uint64_t fragmented = counters_.packets_fragmented.value();
  const SendResult result = send_datagrams(transmit);
  if (result.done == 0 || result.failed != 0) return result;
  if (counters_.packets_fragmented.value() != fragmented) return result;
  if (transmit.link == 0) granted_.gso = false;
  segmentation(transmit.link).refused = true;
  return result;
}

bool UdpSocket::may_segment(const Transmit& transmit) {
  if (!granted_.gso || transmit.bytes.size() <= transmit.segment_size) return false;
  Segmentation& known = segmentation(transmit.link);
  if (!known.refused && (known.limit == 0 || transmit.segment_size < known.limit)) return true;
  counters_.gso_fallbacks.add();
  if (!known.refused && --known.sends_until_retry == 0) known.limit = 0;
  return false;
}

bool UdpSocket::wants_source(const Transmit& transmit) {
  const IpAddress& source = transmit.addresses.local.address;
  if (source.is_unspecified()) return false;
  return transmit.link == 0 || source.is_v4() ||
         !link_sources_.is_default(transmit.link, source, transmit.addresses.remote);
}

UdpSocket::Segmentation& UdpSocket::segmentation(unsigned link) {
  const auto found = std::ranges::find(segmentations_, link, &Segmentation::link);
  if (found != segmentations_.end()) return *found;
  if (segmentations_.size() == kSegmentationsMax) segmentations_.erase(segmentations_.begin());
  return segmentations_.emplace_back(Segmentation{.link = link});
}

UdpSocket::Segmented UdpSocket::send_segmented(const Transmit& transmit) {
  iovec part{const_cast<std::uint8_t*>(transmit.bytes.data()), transmit.bytes.size()};
  bool with_source = wants_source(transmit);
  bool is_retry = false;
  while (true) {
    OutgoingHeader header(transmit,
                          {.segment_size = transmit.segment_size, .with_source = with_source});
    const msghdr message = header.message(&part, 1);
    counters_.send_calls.add();
    if (::sendmsg(fd_.get(), &message, 0) >= 0) {
      counters_.packets_sent.add(datagram_count(transmit));
      return Segmented::kSent;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      counters_.send_blocked.add();
      return Segmented::kBlocked;
    }
    if (!std::exchange(is_retry, true)) continue;
    if (may_be_about_source(errno) && with_source) {
      with_source = false;
      continue;
    }
    if (errno == EMSGSIZE || errno == EIO || errno == EINVAL || errno == ENOPROTOOPT) {
      counters_.gso_fallbacks.add();
      return errno == EMSGSIZE ? Segmented::kTooLarge : Segmented::kUnsupported;
    }
    return Segmented::kFailed;
  }
}

SendResult UdpSocket::send_datagrams(const Transmit& transmit) {
  const std::size_t count = datagram_count(transmit);
  const std::size_t limit = granted_.batch ? kBatch : 1;
  DatagramList list;
  SendResult result;
  bool with_source = wants_source(transmit);
  bool is_retry = false;
  while (result.done < count) {
    OutgoingHeader header(transmit, {.segment_size = 0, .with_source = with_source});
    const auto messages = list.fill(header, transmit, result.done, limit);
    counters_.send_calls.add();
    const int sent =
        granted_.batch
            ? ::sendmmsg(fd_.get(), messages.data(), static_cast<unsigned>(messages.size()), 0)
            : (::sendmsg(fd_.get(), &messages.front().msg_hdr, 0) < 0 ? -1 : 1);
    if (sent > 0) {
      counters_.packets_sent.add(static_cast<std::uint64_t>(sent));
      if (fragments_allowed_) counters_.packets_fragmented.add(static_cast<std::uint64_t>(sent));
      result.done += static_cast<std::size_t>(sent);
      is_retry = false;
    } else if (errno == EAGAIN) {
      counters_.send_blocked.add();
      result.blocked = true;
      return result;
    } else if (errno == EINTR || !std::exchange(is_retry, true)) {
      continue;
    } else if (with_source && may_be_about_source(errno)) {
      with_source = false;
    } else if (errno == EMSGSIZE && !fragments_allowed_) {
      note_too_big(transmit, result.done);
      // The news come too late for this one, which is no fault of its sender.
      if (!allow_fragments(true)) fragments_allowed_ = true;
    } else {
      counters_.send_failed.add();
      ++result.failed;
      ++result.done;
    }
  }
  return result;
}

std::span<OuterPacket> UdpSocket::receive() {
  const std::span<mmsghdr> messages = arena_->prepare();
  receive_was_full_ = false;
  counters_.receive_calls.add();
  int count;
  if (granted_.batch) {
    count =
        ::recvmmsg(fd_.get(), messages.data(), static_cast<unsigned>(messages.size()), 0, nullptr);
  } else {
    const ssize_t size = ::recvmsg(fd_.get(), &messages.front().msg_hdr, 0);
    messages.front().msg_len = size < 0 ? 0 : static_cast<unsigned>(size);
    count = size < 0 ? -1 : 1;
  }
  if (count <= 0) return {};
  const auto received = static_cast<std::size_t>(count);
  receive_was_full_ = received == messages.size();
  const auto packets = arena_->split(received, port_, counters_.truncated);
  counters_.messages_received.add(received);
  counters_.packets_received.add(packets.size());
  return packets;
}

}  // namespace hawser
