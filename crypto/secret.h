// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace hawser {

// Up to this size secrets share locked blocks with guard pages around the block; a larger one has
// pages of its own.
inline constexpr std::size_t kMaxSharedSecretSize = 256;

// Octets that must not leak: in locked memory between guard pages (libsodium), zeroed on
// destruction, never copied by accident. Move-only; a moved-from Secret is empty. Objects are
// independent of each other: any thread may have some.
class Secret {
 public:
  Secret() = default;
  // `size` zero octets. If memory cannot be locked (RLIMIT_MEMLOCK) the pages are still guarded and
  // zeroed on release.
  explicit Secret(std::size_t size);
  static Secret copy_of(ByteSpan bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // Valid as long as this object.
  ByteSpan bytes() const { return {data_, size_}; }
  MutableByteSpan bytes() { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Secret clone() const { return copy_of(bytes()); }

 private:
  void release();

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Zeroes memory in a way the compiler may not remove.
void secure_wipe(MutableByteSpan bytes);

// True if both have the same size and octets; the time depends on the size only.
bool equal_in_constant_time(ByteSpan a, ByteSpan b);

}  // namespace hawser
