// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inner_coalescer.h"

#include <cstring>

#include "tunnel/inet_checksum.h"
#include "tunnel/packet.h"

namespace hawser {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kMaxIpSize = 65535;
constexpr std::uint8_t kTcpPsh = 0x08;
constexpr std::uint8_t kTcpAck = 0x10;

bool same(const std::uint8_t* a, const std::uint8_t* b, std::size_t from, std::size_t size) {
  return std::memcmp(a + from, b + from, size) == 0;
}

bool same_flow(ByteSpan a, ByteSpan b, const IpHeader& header) {
  const std::size_t addresses = header.is_v4() ? 12 : 8;
  return same(a.data(), b.data(), addresses, (header.is_v4() ? 8 : 32) + 4u);
}

// Version, header length, TOS or traffic class and flow label, TTL or hop limit, DF.
bool same_ip_fields(ByteSpan a, ByteSpan b, const IpHeader& header) {
  if (!header.is_v4()) return same(a.data(), b.data(), 0, 4) && a[7] == b[7];
  return same(a.data(), b.data(), 0, 2) && same(a.data(), b.data(), 6, 3);
}

// Acknowledgement, data offset, flags but PSH, window, urgent pointer, options.
bool same_tcp_fields(const std::uint8_t* a, const std::uint8_t* b, std::size_t tcp_header) {
  return same(a, b, 8, 5) && ((a[13] ^ b[13]) & ~kTcpPsh) == 0 && same(a, b, 14, 2) &&
         same(a, b, 18, tcp_header - 18);
}

bool checksum_is_right(ByteSpan packet, const IpHeader& header) {
  const ByteSpan l4 = packet.subspan(header.header_size);
  const ChecksumSum pseudo = pseudo_header_sum(header_addresses(packet, header), header.protocol,
                                               static_cast<std::uint32_t>(l4.size()));
  return finish_checksum(add_to_sum(pseudo, l4)) == 0;
}

bool ip_header_is_right(ByteSpan packet, const IpHeader& header) {
  return !header.is_v4() || finish_checksum(add_to_sum(0, packet.first(header.header_size))) == 0;
}

// With room for a full receive call, and no more.
template <typename T>
void empty_out(std::vector<T>& items) {
  items.clear();
  if (items.capacity() > kReceivePackets) std::vector<T>().swap(items);
  items.reserve(kReceivePackets);
}

}  // namespace

InnerCoalescer::InnerCoalescer() {
  open_.reserve(kMaxOpenGroups);
  clear();
}

InnerCoalescer::Candidate InnerCoalescer::classify(MutableByteSpan packet,
                                                   const IpHeader& header) const {
  Candidate candidate{.packet = packet, .header = &header};
  const std::size_t plain_ip = header.is_v4() ? 20 : 40;
  const std::size_t l4 = packet.size() - header.header_size;
  if (header.is_fragment || header.header_size != plain_ip) return candidate;
  if (header.protocol == kProtocolTcp && l4 >= kTcpHeader) {
    const std::size_t tcp_header = static_cast<std::size_t>(packet[plain_ip + 12] >> 4) * 4;
    if (tcp_header < kTcpHeader || tcp_header > l4) return candidate;
    candidate.header_size = plain_ip + tcp_header;
    candidate.payload_size = l4 - tcp_header;
    candidate.mergeable =
        options_.tcp && candidate.payload_size > 0 && (packet[plain_ip + 13] & ~kTcpPsh) == kTcpAck;
  } else if (header.protocol == kProtocolUdp && l4 >= kUdpHeader) {
    candidate.header_size = plain_ip + kUdpHeader;
    candidate.payload_size = l4 - kUdpHeader;
    candidate.mergeable = options_.udp && candidate.payload_size > 0 &&
                          load_be16(&packet[plain_ip + 4]) == l4 &&
                          load_be16(&packet[plain_ip + 6]) != 0;
  }
  return candidate;
}

InnerCoalescer::Group* InnerCoalescer::find_open_group(const Candidate& candidate) {
  if (candidate.header_size == 0) return nullptr;  // neither TCP nor UDP
  for (const std::size_t index : open_) {
    Group& group = groups_[index];
    if (group.open && group.protocol == candidate.header->protocol &&
        group.header.is_v4() == candidate.header->is_v4() &&
        same_flow(group.first, candidate.packet, group.header)) {
      return &group;
    }
  }
  return nullptr;
}

bool InnerCoalescer::continues(const Group& group, const Candidate& candidate) {
  if (!candidate.mergeable || candidate.header_size != group.header_size ||
      candidate.payload_size > group.segment_size || group.part_count == kMaxParts ||
      group.total_size + candidate.payload_size > kMaxIpSize ||
      !same_ip_fields(group.first, candidate.packet, group.header)) {
    return false;
  }
  if (group.header.is_v4() && (group.first[6] & 0x40) == 0) {
    // Without DF the identification matters: the kernel will count it up when it cuts again.
    const auto expected = static_cast<std::uint16_t>(load_be16(&group.first[4]) + group.part_count);
    if (load_be16(&candidate.packet[4]) != expected) return false;
  }
  if (group.protocol == kProtocolUdp) return true;
  const std::uint8_t* ours = group.first.data() + group.header.header_size;
  const std::uint8_t* theirs = candidate.packet.data() + group.header.header_size;
  return load_be32(theirs + 4) == group.next_sequence &&
         same_tcp_fields(ours, theirs, group.header_size - group.header.header_size);
}

void InnerCoalescer::append(Group& group, ByteSpan bytes) {
  const std::size_t part = parts_.size();
  parts_.push_back({bytes});
  (group.part_count++ == 0 ? group.first_part : parts_[group.last_part].next) = part;
  group.last_part = part;
}

void InnerCoalescer::join(Group& group, const Candidate& candidate) {
  append(group, candidate.packet.subspan(candidate.header_size));
  group.total_size += candidate.payload_size;
  group.next_sequence += static_cast<std::uint32_t>(candidate.payload_size);
  if (group.protocol == kProtocolTcp) {
    group.push = (candidate.packet[group.header.header_size + 13u] & kTcpPsh) != 0;
  }
  // A shorter packet, or one that asks to be pushed, is the last of its super-packet.
  if (group.push || candidate.payload_size < group.segment_size) group.open = false;
}

void InnerCoalescer::add(MutableByteSpan packet, const IpHeader& header) {
  const Candidate candidate = classify(packet, header);
  if (candidate.header_size == 0) {
    // A fragment, say: it may belong to any flow, and what follows it must not pass it.
    for (const std::size_t index : open_) groups_[index].open = false;
  }
  if (Group* group = find_open_group(candidate)) {
    if (!group->checked) group->checked = checksum_is_right(group->first, group->header);
    if (group->checked && continues(*group, candidate) && ip_header_is_right(packet, header) &&
        checksum_is_right(packet, header)) {
      join(*group, candidate);
      return;
    }
    group->open = false;
  }
  start_group(candidate);
}

void InnerCoalescer::start_group(const Candidate& candidate) {
  Group& group = groups_.emplace_back();
  group.first = candidate.packet;
  group.header = *candidate.header;
  append(group, candidate.packet);
  group.header_size = candidate.header_size;
  group.segment_size = candidate.payload_size;
  group.total_size = candidate.packet.size();
  group.protocol = candidate.header->protocol;
  group.open = candidate.mergeable && ip_header_is_right(candidate.packet, group.header);
  if (group.open && group.protocol == kProtocolTcp) {
    const std::uint8_t* tcp = group.first.data() + group.header.header_size;
    group.next_sequence = load_be32(tcp + 4) + static_cast<std::uint32_t>(group.segment_size);
    group.open = (tcp[13] & kTcpPsh) == 0;
  }
  if (group.open) {
    std::erase_if(open_, [this](std::size_t index) { return !groups_[index].open; });
    if (open_.size() == kMaxOpenGroups) {
      groups_[open_.front()].open = false;
      open_.erase(open_.begin());
    }
    open_.push_back(groups_.size() - 1);
  }
}

void InnerCoalescer::close(Group& group) {
  group.open = false;
  if (group.part_count < 2) return;
  const std::size_t l4 = group.header.header_size;
  std::uint8_t* packet = group.first.data();
  set_ip_length(group.first, group.header, group.total_size);
  const bool is_udp = group.protocol == kProtocolUdp;
  const std::size_t l4_size = group.total_size - l4;
  if (is_udp) store_be16(packet + l4 + 4, static_cast<std::uint16_t>(l4_size));
  if (!is_udp && group.push) packet[l4 + 13] |= kTcpPsh;
  group.gso = {.kind = is_udp ? GsoKind::kUdp : GsoKind::kTcp,
               .segment_size = static_cast<std::uint16_t>(group.segment_size),
               .header_size = static_cast<std::uint16_t>(group.header_size),
               .needs_checksum = true,
               .checksum_start = static_cast<std::uint16_t>(l4),
               .checksum_offset = static_cast<std::uint16_t>(is_udp ? 6 : 16)};
  const ChecksumSum pseudo = pseudo_header_sum(header_addresses(group.first, group.header),
                                               group.protocol, static_cast<std::uint32_t>(l4_size));
  store_be16(packet + l4 + group.gso.checksum_offset, fold_sum(pseudo));
}

void InnerCoalescer::finish() {
  for (Group& group : groups_) {
    close(group);
    group.written_at = written_.size();
    std::size_t part = group.first_part;
    for (std::size_t i = 0; i < group.part_count; ++i, part = parts_[part].next) {
      written_.push_back(parts_[part].bytes);
    }
  }
  open_.clear();
}

std::optional<InnerBatch> InnerCoalescer::poll() {
  if (next_ == groups_.size()) return std::nullopt;
  const Group& group = groups_[next_++];
  return InnerBatch{std::span(written_).subspan(group.written_at, group.part_count), group.gso};
}

void InnerCoalescer::clear() {
  empty_out(groups_);
  empty_out(parts_);
  empty_out(written_);
  next_ = 0;
  open_.clear();
}

}  // namespace hawser
