// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/counter.h"
#include "base/inner_packet.h"
#include "base/os_error.h"
#include "base/result.h"
#include "tun/unique_fd.h"
#include "tun/vnet_header.h"

namespace hawser {

// What is asked of the device, and what it granted: each is given up by itself where the kernel
// lacks it. Without vnet_hdr there is no other.
struct TunOffloads {
  bool vnet_hdr = true;  // a virtio-net header with each packet; checksums may be left to us
  bool tso = true;       // TCP super-packets
  bool uso = true;       // UDP super-packets
  friend bool operator==(const TunOffloads&, const TunOffloads&) = default;
};

struct TunCounters {
  Counter reads;          // system calls, those that found nothing included
  Counter packets_read;   // super-packets count once
  Counter malformed;      // unsound virtio-net header or packet: skipped
  Counter writes;         // system calls that delivered
  Counter write_dropped;  // the device was full, down, or refused it
  Counter gso_refused;    // super-packets of a kind that this kernel does not take
};

enum class TunWrite : std::uint8_t {
  kWritten,
  kDropped,     // full, down, out of memory, or a packet that the kernel finds unsound
  kGsoRefused,  // dropped, and super-packets of this kind are not to be written any more
};

// One queue of a TUN device: non-blocking, one thread. Packets begin with the IP header.
class TunQueue {
 public:
  // Room that read() needs for the largest packet with its header.
  static constexpr std::size_t kReadRoom = 65535 + kVnetHeaderSize;
  // Parts of a write; a batch with more is dropped.
  static constexpr std::size_t kMaxParts = 255;

  TunQueue(UniqueFd fd, TunOffloads granted) : fd_(std::move(fd)), granted_(granted) {}

  int fd() const { return fd_.get(); }
  const TunOffloads& granted() const { return granted_; }
  // Offset of the IP header from the start of the room that read() fills.
  std::size_t header_room() const { return granted_.vnet_hdr ? kVnetHeaderSize : 0; }

  // The next sound packet, in the room given (kReadRoom octets at least); nothing if the queue is
  // empty. An error is final: the device is gone.
  Result<std::optional<InnerPacket>, OsError> read(MutableByteSpan room);
  TunWrite write(const InnerBatch& batch);

  const TunCounters& counters() const { return counters_; }

 private:
  UniqueFd fd_;
  TunOffloads granted_;
  TunCounters counters_;
};

// A TUN interface that lives as long as this object.
class TunDevice {
 public:
  struct Options {
    std::string name;  // "hw0", or "hw%d" to let the kernel number it
    unsigned queues = 1;
    TunOffloads offloads;
  };
  static Result<TunDevice, OsError> open(const Options& options);

  const std::string& name() const { return name_; }
  const TunOffloads& granted() const { return queues_.front().granted(); }
  unsigned queue_count() const { return static_cast<unsigned>(queues_.size()); }
  TunQueue& queue(unsigned index) { return queues_[index]; }

 private:
  TunDevice(std::string name, std::vector<TunQueue> queues)
      : name_(std::move(name)), queues_(std::move(queues)) {}

  std::string name_;
  std::vector<TunQueue> queues_;
};

}  // namespace hawser
