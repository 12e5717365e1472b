// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.h"

#include <sodium.h>

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "crypto/fatal.h"
#include "crypto/key_arena.h"

namespace hawser {
namespace {

// sodium_malloc needs libsodium's page size and canary.
void ensure_sodium() {
  static const int result = sodium_init();
  if (result < 0) die("libsodium cannot be initialised.");
}

constexpr std::size_t kSmallestSlot = 32;

// One arena for each power of two from 32 to 256 octets: a key seldom wastes half of its slot. They
// are never destroyed, so that a secret that lives until the end of the process may still go back.
KeyArena& arena_for(std::size_t size) {
  static auto& arenas =
      *new std::array<KeyArena, 4>{KeyArena(32), KeyArena(64), KeyArena(128), KeyArena(256)};
  static_assert(kSmallestSlot << 3 == kMaxSharedSecretSize);
  const std::size_t slots = (size + kSmallestSlot - 1) / kSmallestSlot;
  return arenas[static_cast<std::size_t>(std::bit_width(slots - 1))];
}

}  // namespace

Secret::Secret(std::size_t size) : size_(size) {
  if (size == 0) return;
  if (size <= kMaxSharedSecretSize) {
    data_ = static_cast<std::uint8_t*>(arena_for(size).take());
    return;
  }
  ensure_sodium();
  // Locks the pages too, and goes on where RLIMIT_MEMLOCK forbids that.
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data_ == nullptr) die("no memory for a secret (or more mappings than vm.max_map_count).");
  std::memset(data_, 0, size);
}

Secret Secret::copy_of(ByteSpan bytes) {
  Secret secret(bytes.size());
  if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() { release(); }

void Secret::release() {
  if (data_ == nullptr) return;
  if (size_ <= kMaxSharedSecretSize) {
    arena_for(size_).give_back(data_);
  } else {
    // Zeroes, unlocks and unmaps.
    sodium_free(data_);
  }
}

void secure_wipe(MutableByteSpan bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool equal_in_constant_time(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hawser
