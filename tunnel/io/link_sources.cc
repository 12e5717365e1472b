// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/link_sources.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "tun/unique_fd.h"
#include "tunnel/io/socket_message.h"

namespace hawser {

void LinkSources::set_mark(std::uint32_t mark) {
  mark_ = mark;
  known_.clear();
}

bool LinkSources::is_default(unsigned link, const IpAddress& source,
                             const TransportAddress& remote) {
  auto known = std::ranges::find(known_, link, &Known::link);
  if (known == known_.end()) {
    if (known_.size() == kKnownMax) known_.erase(known_.begin());
    known = known_.insert(known_.end(), {.link = link, .source = {}, .uses_left = 0});
  }
  if (known->uses_left == 0) {
    known->source = ask(link, remote);
    known->uses_left = kUsesUntilAsked;
  }
  --known->uses_left;
  return known->source == source;
}

// A connected socket has its source address, without a packet.
IpAddress LinkSources::ask(unsigned link, const TransportAddress& remote) const {
  const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int index = static_cast<int>(link);
  SocketAddress address(remote);
  socklen_t size = SocketAddress::capacity();
  const bool asked =
      fd.is_open() &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) == 0 &&
      (mark_ == 0 || ::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &mark_, sizeof mark_) == 0) &&
      ::connect(fd.get(), address.data(), address.size()) == 0 &&
      ::getsockname(fd.get(), address.data(), &size) == 0;
  return asked ? SocketAddress::decode(address.data()).address : IpAddress();
}

}  // namespace hawser
