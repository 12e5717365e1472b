// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inet_checksum.h"

#include <cstring>

namespace hawser {
namespace {

std::uint64_t load_native32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// 32-bit words into 64-bit lanes: no carries to watch, and the compiler makes vectors of it.
// 2^32 words fit before a lane could overflow.
std::uint64_t sum_blocks(const std::uint8_t* data, std::size_t blocks) {
  std::uint64_t lanes[8] = {};
  for (std::size_t i = 0; i < blocks; ++i) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      lanes[lane] += load_native32(data + i * 32 + lane * 4);
    }
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t lane : lanes) sum += lane;
  return sum;
}

}  // namespace

ChecksumSum add_to_sum(ChecksumSum sum, ByteSpan bytes) {
  const std::uint8_t* data = bytes.data();
  std::size_t size = bytes.size();
  const std::size_t blocks = size / 32;
  sum += sum_blocks(data, blocks);
  data += blocks * 32;
  size -= blocks * 32;
  for (; size >= 4; data += 4, size -= 4) sum += load_native32(data);
  if (size == 0) return sum;
  std::uint8_t tail[4] = {};
  std::memcpy(tail, data, size);
  return sum + load_native32(tail);
}

ChecksumSum pseudo_header_sum(ByteSpan addresses, std::uint8_t protocol, std::uint32_t l4_size) {
  std::uint8_t rest[8] = {};
  store_be32(rest, l4_size);
  rest[7] = protocol;
  return add_to_sum(add_to_sum(0, addresses), rest);
}

std::uint16_t fold_sum(ChecksumSum sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  // The ones' complement sum of swapped octets is the swapped sum (RFC 1071 section 2 B).
  return __builtin_bswap16(static_cast<std::uint16_t>(sum));
}

std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t from, std::uint16_t to) {
  std::uint32_t sum =
      static_cast<std::uint16_t>(~checksum) + static_cast<std::uint16_t>(~from) + std::uint32_t{to};
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace hawser
