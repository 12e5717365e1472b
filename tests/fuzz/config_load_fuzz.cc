// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include "cli/config_loader.h"
#include "tests/fuzz/fuzz_input.h"

// The whole way from a file to a checked config.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const int fd = memfd_create("fuzz", 0);
  fuzz::require(fd >= 0 && write(fd, data, size) == static_cast<ssize_t>(size));
  const auto config = load_config("/proc/self/fd/" + std::to_string(fd));
  close(fd);
  fuzz::require(config || !config.error().empty());
  return 0;
}
