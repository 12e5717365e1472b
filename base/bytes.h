// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hawser {

using ByteSpan = std::span<const std::uint8_t>;
using MutableByteSpan = std::span<std::uint8_t>;

// Big-endian loads and stores at a pointer that has room for them; the only place in the project
// that knows the machine's byte order.
inline std::uint16_t load_be16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return __builtin_bswap64(value);
}
inline void store_be16(std::uint8_t* p, std::uint16_t value) {
  p[0] = static_cast<std::uint8_t>(value >> 8);
  p[1] = static_cast<std::uint8_t>(value);
}
inline void store_be32(std::uint8_t* p, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(p, &value, sizeof value);
}
inline void store_be64(std::uint8_t* p, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(p, &value, sizeof value);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "add the big-endian versions first");

// Reads big-endian fields from the front of a span that it does not own. Every read says whether
// there was enough left; a failed read changes nothing. Chain reads with && and test once.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : rest_(bytes) {}

  [[nodiscard]] bool read_u8(std::uint8_t& value);
  [[nodiscard]] bool read_u16(std::uint16_t& value);
  [[nodiscard]] bool read_u32(std::uint32_t& value);
  [[nodiscard]] bool read_u64(std::uint64_t& value);
  [[nodiscard]] bool read_bytes(std::size_t count, ByteSpan& bytes);
  [[nodiscard]] bool skip(std::size_t count);
  // A reader over the next `count` octets, for a length-prefixed part.
  [[nodiscard]] bool read_sub(std::size_t count, ByteReader& sub);

  std::size_t remaining() const { return rest_.size(); }
  bool at_end() const { return rest_.empty(); }
  ByteSpan rest() const { return rest_; }

 private:
  ByteSpan rest_;
};

// Writes big-endian fields to the front of a span that it does not own. A write that does not fit
// is dropped and remembered: test ok() once at the end.
class ByteWriter {
 public:
  explicit ByteWriter(MutableByteSpan bytes) : bytes_(bytes) {}

  void write_u8(std::uint8_t value);
  void write_u16(std::uint16_t value);
  void write_u32(std::uint32_t value);
  void write_u64(std::uint64_t value);
  void write_bytes(ByteSpan bytes);

  bool ok() const { return ok_; }
  std::size_t size() const { return used_; }
  MutableByteSpan written() const { return bytes_.first(used_); }

 private:
  std::uint8_t* take(std::size_t count);

  MutableByteSpan bytes_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

}  // namespace hawser
