// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_arena.h"

#include <utility>

namespace hawser {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kBlockSize = 64 * 1024;

}  // namespace

KeyArena::KeyArena(std::size_t slot_size)
    : slot_size_((slot_size + kAlignment - 1) / kAlignment * kAlignment) {}

void* KeyArena::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) add_block();
  void* const slot = free_.back();
  free_.pop_back();
  return slot;
}

void KeyArena::give_back(void* slot) {
  secure_wipe({static_cast<std::uint8_t*>(slot), slot_size_});
  const std::lock_guard lock(mutex_);
  free_.push_back(slot);
}

void KeyArena::add_block() {
  // The end of a Secret is the end of a page: a size that is a multiple of the alignment is what
  // aligns its beginning.
  const std::size_t count = kBlockSize / slot_size_;
  Secret block(count * slot_size_);
  for (std::size_t i = count; i > 0; --i) {
    free_.push_back(block.bytes().data() + (i - 1) * slot_size_);
  }
  blocks_.push_back(std::move(block));
}

}  // namespace hawser
