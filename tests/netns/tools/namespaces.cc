// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/namespaces.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hawser::lab {
namespace {

Failure<OsError> os_failure(const std::string& what) {
  const int code = errno;
  return failure(OsError{what + ": " + std::strerror(code), code});
}

bool set_up(int socket, ifreq request, int mtu) {
  request.ifr_mtu = mtu;
  if (ioctl(socket, SIOCSIFMTU, &request) < 0) return false;
  if (ioctl(socket, SIOCGIFFLAGS, &request) < 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ioctl(socket, SIOCSIFFLAGS, &request) == 0;
}

}  // namespace

Result<bool, OsError> enter_namespace(const std::string& name) {
  if (name == "-") return true;
  const std::string path = name.find('/') == std::string::npos ? "/run/netns/" + name : name;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return os_failure("cannot open " + path);
  const int entered = setns(fd, CLONE_NEWNET);
  close(fd);
  if (entered < 0) return os_failure("cannot enter " + path);
  return true;
}

Result<int, OsError> open_tap(const std::string& name, int mtu) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return failure(OsError{"'" + name + "' cannot name a device", EINVAL});
  }
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return os_failure("cannot open /dev/net/tun");
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    const auto failed = os_failure("cannot make TAP device " + name);
    close(fd);
    return failed;
  }
  const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool up = control >= 0 && set_up(control, request, mtu);
  const auto failed = os_failure("cannot bring up " + name);
  if (control >= 0) close(control);
  if (up) return fd;
  close(fd);
  return failed;
}

Result<bool, OsError> set_carrier(int tap, bool on) {
  const int value = on ? 1 : 0;
  if (ioctl(tap, TUNSETCARRIER, &value) < 0) return os_failure("cannot set the carrier");
  return true;
}

}  // namespace hawser::lab
