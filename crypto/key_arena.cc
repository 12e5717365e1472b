// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_arena.h"

#include <sanitizer/asan_interface.h>

#include <utility>

namespace hawser {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kSmallAlignment = 32;
constexpr std::size_t kBlockSize = 64 * 1024;
// Else a block would itself be taken from an arena.
static_assert(kBlockSize > kMaxSharedSecretSize);

std::size_t aligned(std::size_t size) {
  const std::size_t alignment = size <= kSmallAlignment ? kSmallAlignment : kAlignment;
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

KeyArena::KeyArena(std::size_t slot_size) : slot_size_(aligned(slot_size)) {}

KeyArena::~KeyArena() {
  for (Secret& block : blocks_) ASAN_UNPOISON_MEMORY_REGION(block.bytes().data(), block.size());
}

void* KeyArena::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) add_block();
  void* const slot = free_.back();
  free_.pop_back();
  ASAN_UNPOISON_MEMORY_REGION(slot, slot_size_);
  return slot;
}

void KeyArena::give_back(void* slot) {
  secure_wipe({static_cast<std::uint8_t*>(slot), slot_size_});
  const std::lock_guard lock(mutex_);
  ASAN_POISON_MEMORY_REGION(slot, slot_size_);
  free_.push_back(slot);
}

void KeyArena::add_block() {
  // The end of a Secret is the end of a page: a size that is a multiple of the alignment is what
  // aligns its beginning.
  const std::size_t count = kBlockSize / slot_size_;
  Secret block(count * slot_size_);
  // Room for all slots there are, so that give_back() never needs more.
  free_.reserve((blocks_.size() + 1) * count);
  for (std::size_t i = count; i > 0; --i) {
    free_.push_back(block.bytes().data() + (i - 1) * slot_size_);
  }
  ASAN_POISON_MEMORY_REGION(block.bytes().data(), block.size());
  blocks_.push_back(std::move(block));
}

}  // namespace hawser
