// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

namespace hawser {

bool ByteReader::read_u8(std::uint8_t& value) {
  if (rest_.empty()) return false;
  value = rest_[0];
  rest_ = rest_.subspan(1);
  return true;
}

bool ByteReader::read_u16(std::uint16_t& value) {
  if (rest_.size() < 2) return false;
  value = load_be16(rest_.data());
  rest_ = rest_.subspan(2);
  return true;
}

bool ByteReader::read_u32(std::uint32_t& value) {
  if (rest_.size() < 4) return false;
  value = load_be32(rest_.data());
  rest_ = rest_.subspan(4);
  return true;
}

bool ByteReader::read_u64(std::uint64_t& value) {
  if (rest_.size() < 8) return false;
  value = load_be64(rest_.data());
  rest_ = rest_.subspan(8);
  return true;
}

bool ByteReader::read_bytes(std::size_t count, ByteSpan& bytes) {
  if (rest_.size() < count) return false;
  bytes = rest_.first(count);
  rest_ = rest_.subspan(count);
  return true;
}

bool ByteReader::skip(std::size_t count) {
  ByteSpan ignored;
  return read_bytes(count, ignored);
}

bool ByteReader::read_sub(std::size_t count, ByteReader& sub) {
  ByteSpan bytes;
  if (!read_bytes(count, bytes)) return false;
  sub = ByteReader(bytes);
  return true;
}

std::uint8_t* ByteWriter::take(std::size_t count) {
  if (!ok_ || bytes_.size() - used_ < count) {
    ok_ = false;
    return nullptr;
  }
  std::uint8_t* at = bytes_.data() + used_;
  used_ += count;
  return at;
}

void ByteWriter::write_u8(std::uint8_t value) {
  if (std::uint8_t* at = take(1)) *at = value;
}

void ByteWriter::write_u16(std::uint16_t value) {
  if (std::uint8_t* at = take(2)) store_be16(at, value);
}

void ByteWriter::write_u32(std::uint32_t value) {
  if (std::uint8_t* at = take(4)) store_be32(at, value);
}

void ByteWriter::write_u64(std::uint64_t value) {
  if (std::uint8_t* at = take(8)) store_be64(at, value);
}

void ByteWriter::write_bytes(ByteSpan bytes) {
  if (bytes.empty()) return;
  if (std::uint8_t* at = take(bytes.size())) std::memcpy(at, bytes.data(), bytes.size());
}

}  // namespace hawser
