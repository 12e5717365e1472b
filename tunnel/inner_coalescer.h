// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/inner_packet.h"
#include "tunnel/ip_header.h"

namespace hawser {

// Merges the packets of one batch into super-packets, a write to the TUN device per flow instead of
// one per packet: what GRO does in a network card's driver. Packets of a flow come out in the order
// in which they went in; flows may pass each other.
//
// Merged are TCP segments (ACK, maybe PSH) that continue each other and UDP datagrams of equal
// size, if everything else in their headers is the same and every one's checksum is right: the
// kernel takes a super-packet's word for it. A packet that stays alone is written as it came, for
// the kernel to check. Differing ECN marks are never merged (RFC 3168 section 5.3).
//
// Works in the packets' memory: headers of first packets are rewritten, payloads only pointed to.
// Its own memory is that of a full receive call from the beginning; what a larger batch needs, as
// after a wait for the disk, is given back with it.
class InnerCoalescer {
 public:
  struct Options {
    bool tcp = true;
    bool udp = true;
  };

  InnerCoalescer();
  void set_options(const Options& options) { options_ = options; }
  // The memory must stay until `clear`.
  void add(MutableByteSpan packet, const IpHeader& header);
  // Ends the batch: after it, poll returns the writes in order.
  void finish();
  std::optional<InnerBatch> poll();
  void clear();
  // How many packets there is memory for.
  std::size_t capacity() const { return parts_.capacity(); }

 private:
  static constexpr std::size_t kMaxOpenGroups = 8;
  static constexpr std::size_t kMaxParts = 64;

  struct Group {
    MutableByteSpan first;
    IpHeader header;
    std::uint8_t protocol = 0;        // TCP or UDP while packets may join, else 0
    std::size_t header_size = 0;      // IP and TCP or UDP
    std::size_t segment_size = 0;     // payload of the first packet
    std::size_t total_size = 0;       // of the super-packet
    std::uint32_t next_sequence = 0;  // TCP
    bool open = false;
    bool checked = false;  // the first packet's checksum was found right
    bool push = false;
    std::size_t first_part = 0;  // of a chain through parts_
    std::size_t last_part = 0;
    std::size_t part_count = 0;
    std::size_t written_at = 0;  // once finished: the first of its parts in written_
    Gso gso;
  };
  struct Part {
    ByteSpan bytes;
    std::size_t next = 0;
  };
  struct Candidate {
    MutableByteSpan packet;
    const IpHeader* header = nullptr;
    std::size_t header_size = 0;
    std::size_t payload_size = 0;
    bool mergeable = false;  // of a kind that may be merged
  };

  Candidate classify(MutableByteSpan packet, const IpHeader& header) const;
  Group* find_open_group(const Candidate& candidate);
  static bool continues(const Group& group, const Candidate& candidate);
  void join(Group& group, const Candidate& candidate);
  void start_group(const Candidate& candidate);
  void append(Group& group, ByteSpan bytes);
  static void close(Group& group);

  Options options_;
  std::vector<Group> groups_;
  std::vector<Part> parts_;
  std::vector<ByteSpan> written_;  // the parts, those of a group side by side
  std::size_t next_ = 0;
  std::vector<std::size_t> open_;  // indexes of open groups
};

}  // namespace hawser
