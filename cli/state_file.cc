// SPDX-License-Identifier: Apache-2.0
#include "cli/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/file_write.h"
#include "tun/unique_fd.h"

namespace hawser {
std::optional<std::string> read_state_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return std::nullopt;
  return text;
}

Result<void, std::string> write_state_file(const std::string& file, const std::string& text) {
  const std::string temporary = file + ".new";
  const std::string directory = std::filesystem::path(file).parent_path().string();
  const auto fail = [&file] {
    return failure("cannot write " + file + ": " + std::strerror(errno));
  };
  {
    const UniqueFd fd(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.is_open() || !write_all(fd.get(), text) || fsync(fd.get()) != 0) return fail();
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) return fail();
  const UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.is_open() || fsync(parent.get()) != 0) return fail();
  return {};
}

}  // namespace hawser
