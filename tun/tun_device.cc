// SPDX-License-Identifier: Apache-2.0
#include "tun/tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tun/system_failure.h"

namespace hawser {
namespace {

// Newer than the headers of Debian 12. The kernel takes the two only together.
constexpr unsigned kTunUso = 0x20 | 0x40;
constexpr unsigned kTunTso = TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

// Turns on as much of `asked` as the kernel takes, giving up USO first, then TSO.
TunOffloads enable_offloads(int fd, TunOffloads asked) {
  if (!asked.vnet_hdr) return {.vnet_hdr = false, .tso = false, .uso = false};
  asked.uso = asked.uso && asked.tso;
  while (true) {
    const unsigned flags = TUN_F_CSUM | (asked.tso ? kTunTso : 0U) | (asked.uso ? kTunUso : 0U);
    if (::ioctl(fd, TUNSETOFFLOAD, flags) == 0) return asked;
    if (asked.uso) {
      asked.uso = false;
    } else if (asked.tso) {
      asked.tso = false;
    } else {
      // Complete checksums and whole packets in both directions: the header alone does no harm.
      ::ioctl(fd, TUNSETOFFLOAD, 0U);
      return asked;
    }
  }
}

bool set_vnet_header_form(int fd) {
  int size = kVnetHeaderSize;
  int little_endian = 1;
  return ::ioctl(fd, TUNSETVNETHDRSZ, &size) == 0 && ::ioctl(fd, TUNSETVNETLE, &little_endian) == 0;
}

struct OpenQueue {
  TunQueue queue;
  std::string name;
};

Result<OpenQueue, OsError> open_queue(const std::string& name, TunOffloads offloads) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) return system_failure("cannot open /dev/net/tun", errno);
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) {
    return system_failure("cannot create TUN device '" + name + "'", EINVAL);
  }
  std::memcpy(request.ifr_name, name.data(), name.size());
  const int flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | (offloads.vnet_hdr ? IFF_VNET_HDR : 0);
  request.ifr_flags = static_cast<short>(flags);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    return system_failure("cannot create TUN device '" + name + "'", errno);
  }
  if (offloads.vnet_hdr && !set_vnet_header_form(fd.get())) {
    return system_failure("cannot set the packet header of TUN device '" + name + "'", errno);
  }
  const TunOffloads granted = enable_offloads(fd.get(), offloads);
  return OpenQueue{TunQueue(std::move(fd), granted), request.ifr_name};
}

}  // namespace

Result<std::optional<InnerPacket>, OsError> TunQueue::read(MutableByteSpan room) {
  while (true) {
    counters_.reads.add();
    const ssize_t size = ::read(fd_.get(), room.data(), room.size());
    if (size < 0) {
      if (errno == EAGAIN) return std::nullopt;
      if (errno == EINTR) continue;
      return system_failure("cannot read from the TUN device", errno);
    }
    const MutableByteSpan frame = room.first(static_cast<std::size_t>(size));
    if (!granted_.vnet_hdr) {
      counters_.packets_read.add();
      return InnerPacket{frame, {}};
    }
    const auto packet = decode_vnet_header(frame);
    if (packet) {
      counters_.packets_read.add();
      return *packet;
    }
    counters_.malformed.add();
  }
}

TunWrite TunQueue::write(const InnerBatch& batch) {
  std::array<iovec, kMaxParts + 1> parts;
  std::array<std::uint8_t, kVnetHeaderSize> header;
  std::size_t count = 0;
  if (batch.parts.empty() || batch.parts.size() > kMaxParts ||
      (!granted_.vnet_hdr && (batch.gso.kind != GsoKind::kNone || batch.gso.needs_checksum))) {
    counters_.write_dropped.add();
    return TunWrite::kDropped;
  }
  if (granted_.vnet_hdr) {
    header = encode_vnet_header(batch.gso, batch.parts.front());
    parts[count++] = {header.data(), header.size()};
  }
  for (const ByteSpan part : batch.parts) {
    // writev does not write to what it sends.
    parts[count++] = {const_cast<std::uint8_t*>(part.data()), part.size()};
  }
  while (::writev(fd_.get(), parts.data(), static_cast<int>(count)) < 0) {
    if (errno == EINTR) continue;
    counters_.write_dropped.add();
    if (errno != EINVAL || batch.gso.kind == GsoKind::kNone) return TunWrite::kDropped;
    counters_.gso_refused.add();
    return TunWrite::kGsoRefused;
  }
  counters_.writes.add();
  return TunWrite::kWritten;
}

Result<TunDevice, OsError> TunDevice::open(const Options& options) {
  std::vector<TunQueue> queues;
  std::string name = options.name;
  TunOffloads offloads = options.offloads;
  while (queues.size() < options.queues) {
    auto opened = open_queue(name, offloads);
    if (!opened) {
      const bool retry = queues.empty() && offloads.vnet_hdr && opened.error().code == EINVAL;
      if (!retry) return failure(opened.error());
      offloads.vnet_hdr = false;
      continue;
    }
    // The device's offloads are one set, the queues' packet headers each their own.
    name = opened->name;
    offloads = opened->queue.granted();
    queues.push_back(std::move(opened->queue));
  }
  if (queues.empty()) return system_failure("cannot create TUN device without queues", EINVAL);
  return TunDevice(std::move(name), std::move(queues));
}

}  // namespace hawser
