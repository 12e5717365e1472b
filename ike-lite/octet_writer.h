// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace hawser {

// A ByteWriter for a message whose size is not known before: appends big-endian fields to a vector
// that it does not own.
class OctetWriter {
 public:
  explicit OctetWriter(std::vector<std::uint8_t>& octets) : octets_(&octets) {}

  void write_u8(std::uint8_t value) { octets_->push_back(value); }
  void write_u16(std::uint16_t value) { store_be16(grow(2), value); }
  void write_u32(std::uint32_t value) { store_be32(grow(4), value); }
  void write_u64(std::uint64_t value) { store_be64(grow(8), value); }
  void write_bytes(ByteSpan bytes) { octets_->insert(octets_->end(), bytes.begin(), bytes.end()); }
  void write_zeros(std::size_t count) { octets_->insert(octets_->end(), count, 0); }
  // `count` is our own doing and fits.
  void write_count_u8(std::size_t count) {
    assert(count <= 0xff);
    write_u8(static_cast<std::uint8_t>(count));
  }
  void write_count_u16(std::size_t count) {
    assert(count <= 0xffff);
    write_u16(static_cast<std::uint16_t>(count));
  }

  std::size_t size() const { return octets_->size(); }
  // A field written before, once its value is known.
  void patch_u8(std::size_t at, std::uint8_t value) { (*octets_)[at] = value; }
  // Into a length field at `at`: the octets from `from` to the end.
  void patch_length_u16(std::size_t at, std::size_t from) {
    assert(size() - from <= 0xffff);
    store_be16(octets_->data() + at, static_cast<std::uint16_t>(size() - from));
  }

 private:
  std::uint8_t* grow(std::size_t count) {
    octets_->resize(octets_->size() + count);
    return octets_->data() + octets_->size() - count;
  }
  std::vector<std::uint8_t>* octets_;
};

}  // namespace hawser
