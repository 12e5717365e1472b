// SPDX-License-Identifier: Apache-2.0
#include "cli/control_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace hawser {
namespace {

constexpr const char* kGroup = "hawser";
constexpr int kBacklog = 16;

Failure<std::string> os_failure(const std::string& what) {
  return failure(what + ": " + std::strerror(errno));
}

std::optional<gid_t> find_group() {
  const group* entry = getgrnam(kGroup);
  if (entry == nullptr) return std::nullopt;
  return entry->gr_gid;
}

bool somebody_answers(const sockaddr_un& address) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

Result<UniqueFd, std::string> bind_and_listen(const sockaddr_un& address,
                                              std::optional<gid_t> group) {
  const char* path = address.sun_path;
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return os_failure("cannot make the control socket");
  if (somebody_answers(address)) {
    return failure(std::string("a daemon already answers at ") + path +
                   "; stop it with hawser down, or use another name");
  }
  unlink(path);
  // Nobody may connect before the owner is set.
  const mode_t mask = umask(0177);
  const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(mask);
  if (bound != 0) return os_failure(std::string("cannot make the control socket ") + path);
  const bool ready =
      (!group || chown(path, static_cast<uid_t>(-1), *group) == 0 || geteuid() != 0) &&
      chmod(path, 0660) == 0 && listen(fd.get(), kBacklog) == 0;
  if (!ready) {
    const auto error = os_failure(std::string("cannot set up the control socket ") + path);
    unlink(path);
    return error;
  }
  return fd;
}

}  // namespace

Result<ControlSocket, std::string> bind_control_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure("the control socket's name `" + path + "` is too long; use a shorter directory");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

  ControlSocket result;
  result.group = find_group();
  const auto directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  result.made_directory = std::filesystem::create_directories(directory, error);
  if (error) {
    return failure("cannot make the directory " + directory.string() + ": " + error.message());
  }
  const UniqueFd lock(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.is_open() || flock(lock.get(), LOCK_EX) != 0) {
    return os_failure("cannot lock the directory " + directory.string());
  }
  auto fd = bind_and_listen(address, result.group);
  if (!fd) {
    if (result.made_directory) std::filesystem::remove(directory, error);
    return failure(fd.error());
  }
  result.fd = std::move(*fd);
  return result;
}

bool control_peer_is_allowed(int fd, std::optional<gid_t> group) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == 0 || peer.uid == geteuid()) return true;
  if (!group) return false;
  if (peer.gid == *group) return true;
  constexpr std::size_t kGroupsMax = 65536;  // the kernel's NGROUPS_MAX
  std::vector<gid_t> groups(kGroupsMax);
  size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  groups.resize(size / sizeof(gid_t));
  return std::ranges::find(groups, *group) != groups.end();
}

}  // namespace hawser
