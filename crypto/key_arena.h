// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "crypto/secret.h"

namespace hawser {

// Equal slots for secrets and key schedules in locked memory, aligned to 64 octets, or to 32 if
// they are no larger. Memory of its own for each would cost several system calls, four mappings of
// the kernel's 65530 a process and one locked page of at least 4096 octets, so ten thousand peers
// would not fit. Slots are made in blocks with guard pages around each block, which stay for the
// arena's life. Thread-safe; not meant for the packet path.
class KeyArena {
 public:
  explicit KeyArena(std::size_t slot_size);
  ~KeyArena();
  KeyArena(const KeyArena&) = delete;
  KeyArena& operator=(const KeyArena&) = delete;

  // Zero octets; valid until given back.
  void* take();
  // Wipes it. Does not allocate. An AddressSanitizer sees who reads it afterwards.
  void give_back(void* slot);

 private:
  void add_block();

  const std::size_t slot_size_;
  std::mutex mutex_;
  std::vector<Secret> blocks_;
  std::vector<void*> free_;
};

}  // namespace hawser
