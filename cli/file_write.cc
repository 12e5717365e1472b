// SPDX-License-Identifier: Apache-2.0
#include "cli/file_write.h"

#include <unistd.h>

#include <cerrno>

namespace hawser {

bool write_all(int fd, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

bool write_all(int fd, std::string_view text) {
  return write_all(fd, ByteSpan(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace hawser
