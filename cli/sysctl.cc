// SPDX-License-Identifier: Apache-2.0
#include "cli/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tun/unique_fd.h"

namespace hawser {
namespace {

std::string path_of(const std::string& name) { return "/proc/sys/" + name; }

Failure<std::string> os_failure(const char* what, const std::string& name) {
  return failure(std::string("cannot ") + what + " " + path_of(name) + ": " + std::strerror(errno));
}

}  // namespace

Result<std::string, std::string> read_sysctl(const std::string& name) {
  const UniqueFd fd(open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
  char text[256];
  const ssize_t size = fd.is_open() ? read(fd.get(), text, sizeof text) : -1;
  if (size < 0) return os_failure("read", name);
  std::string value(text, static_cast<std::size_t>(size));
  while (value.ends_with('\n')) value.pop_back();
  return value;
}

Result<void, std::string> write_sysctl(const std::string& name, const std::string& value) {
  const UniqueFd fd(open(path_of(name).c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return os_failure("open", name);
  if (write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    return os_failure("write", name);
  }
  return {};
}

bool has_sysctl(const std::string& name) { return access(path_of(name).c_str(), F_OK) == 0; }

std::vector<std::string> sysctl_directories(const std::string& name) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_of(name), error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace hawser
