// SPDX-License-Identifier: Apache-2.0
#include "cli/service_notify.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a service manager listens with; a name that begins with `@` is an abstract one.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  // The oldest message, or nothing.
  std::string next() {
    char text[512];
    const ssize_t size = recv(fd_.get(), text, sizeof text, 0);
    return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  UniqueFd fd_;
};

TEST(ServiceNotifier, SpeaksToAFileAndToAnAbstractName) {
  const TempDir dir;
  const std::string abstract = "@hawser-test-" + std::to_string(getpid());
  for (const std::string& name : {dir.file("notify"), abstract}) {
    Manager manager(name);
    ServiceNotifier notifier = ServiceNotifier::from_environment();
    notifier.ready();
    EXPECT_THAT(manager.next(), StartsWith("READY=1\n"));
    notifier.reloading(TimePoint(Seconds(2)));
    EXPECT_THAT(manager.next(), StartsWith("RELOADING=1\nMONOTONIC_USEC=2000000\n"));
    notifier.stopping("SIGTERM");
    EXPECT_THAT(manager.next(), HasSubstr("STOPPING=1\nSTATUS=Stopping: SIGTERM"));
    EXPECT_EQ(manager.next(), "");
    EXPECT_EQ(notifier.next_timeout(), std::nullopt) << "no watchdog was asked for";
  }
}

TEST(ServiceNotifier, FeedsTheWatchdogTwiceInItsTime) {
  const TempDir dir;
  Manager manager(dir.file("notify"));
  setenv("WATCHDOG_USEC", "10000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceNotifier notifier = ServiceNotifier::from_environment();
  TimePoint now(Seconds(100));
  ASSERT_LE(notifier.next_timeout(), now);
  notifier.handle_timeout(now);
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(notifier.next_timeout(), now + Seconds(5));
  notifier.handle_timeout(now + Seconds(4));
  EXPECT_EQ(manager.next(), "");
  notifier.handle_timeout(now + Seconds(5));
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
}

TEST(ServiceNotifier, ChildrenDoNotInheritIt) {
  const TempDir dir;
  const Manager manager(dir.file("notify"));
  setenv("WATCHDOG_USEC", "10000000", 1);
  const ServiceNotifier notifier = ServiceNotifier::from_environment();
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  }
}

TEST(ServiceNotifier, NonsenseInTheEnvironmentIsNobody) {
  const std::string too_long = "/" + std::string(200, 'x');
  for (const std::string& name : {std::string(), std::string("relative"), too_long}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    setenv("WATCHDOG_USEC", "1000", 1);
    ServiceNotifier notifier = ServiceNotifier::from_environment();
    EXPECT_EQ(notifier.next_timeout(), std::nullopt);
    notifier.ready();
  }
  const TempDir dir;
  for (const char* patience : {"", "0", "-1", "5s", "99999999999999999999"}) {
    const Manager manager(dir.file("notify" + std::string(patience)));
    setenv("WATCHDOG_USEC", patience, 1);
    EXPECT_EQ(ServiceNotifier::from_environment().next_timeout(), std::nullopt) << patience;
  }
  const Manager manager(dir.file("notify-other"));
  setenv("WATCHDOG_USEC", "1000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotifier::from_environment().next_timeout(), std::nullopt)
      << "the watchdog of another process";
}

}  // namespace
}  // namespace hawser
