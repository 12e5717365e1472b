// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.h"

#include <sodium.h>

#include <cstring>
#include <utility>

#include "crypto/fatal.h"

namespace hawser {
namespace {

// sodium_malloc needs libsodium's page size and canary.
void ensure_sodium() {
  static const int result = sodium_init();
  if (result < 0) die("libsodium cannot be initialised.");
}

}  // namespace

Secret::Secret(std::size_t size) : size_(size) {
  if (size == 0) return;
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
    sodium_free(data_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  // Zeroes, unlocks and unmaps; nothing to do for nullptr.
  sodium_free(data_);
}

void secure_wipe(MutableByteSpan bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool equal_in_constant_time(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hawser
