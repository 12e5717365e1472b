// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/epoll_event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <string>

#include "tun/system_failure.h"

namespace hawser {
namespace {

std::uint32_t epoll_events(Interest interest) {
  return (interest.readable ? std::uint32_t{EPOLLIN} : 0U) |
         (interest.writable ? std::uint32_t{EPOLLOUT} : 0U);
}

Readiness readiness_of(std::uint32_t events) {
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  return {.readable = failed || (events & EPOLLIN) != 0,
          .writable = (events & EPOLLOUT) != 0,
          .failed = failed};
}

timespec timespec_of(Duration duration) {
  const auto whole = std::chrono::duration_cast<Seconds>(duration);
  return {.tv_sec = whole.count(), .tv_nsec = (duration - whole).count()};
}

std::uint64_t pack(int fd, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
}

constexpr std::uint64_t kWakeUp = 0;  // generation 0 is never used

}  // namespace

Result<std::unique_ptr<EpollEventLoop>, OsError> EpollEventLoop::open() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return system_failure("cannot create an epoll instance", errno);
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return system_failure("cannot create an eventfd", errno);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeUp}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return system_failure("cannot watch an eventfd", errno);
  }
  return std::unique_ptr<EpollEventLoop>(new EpollEventLoop(std::move(epoll), std::move(wake)));
}

Result<void, OsError> EpollEventLoop::add(int fd, Interest interest, EventHandler& handler) {
  epoll_event event{.events = epoll_events(interest), .data = {.u64 = pack(fd, next_generation_)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return system_failure("cannot watch file descriptor " + std::to_string(fd), errno);
  }
  entries_.insert_or_assign(fd, Entry{&handler, interest, next_generation_});
  ++next_generation_;
  return {};
}

void EpollEventLoop::modify(int fd, Interest interest) {
  const auto found = entries_.find(fd);
  if (found == entries_.end() || found->second.interest == interest) return;
  found->second.interest = interest;
  epoll_event event{.events = epoll_events(interest),
                    .data = {.u64 = pack(fd, found->second.generation)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EpollEventLoop::remove(int fd) {
  if (entries_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EpollEventLoop::wake_up() {
  const std::uint64_t one = 1;
  // Full only if it was never read: then it wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void EpollEventLoop::wait(std::optional<Duration> at_most) {
  std::array<epoll_event, kMaxEvents> events;
  timespec timeout{};
  if (at_most) timeout = timespec_of(*at_most);
  const int count = ::epoll_pwait2(epoll_.get(), events.data(), kMaxEvents,
                                   at_most ? &timeout : nullptr, nullptr);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    if (data == kWakeUp) {
      std::uint64_t ignored;
      [[maybe_unused]] const ssize_t read = ::read(wake_.get(), &ignored, sizeof ignored);
      continue;
    }
    const int fd = static_cast<int>(data & 0xffffffffU);
    const auto found = entries_.find(fd);
    // Removed by a handler of this round, or another file under the same number.
    if (found == entries_.end() || found->second.generation != data >> 32) continue;
    found->second.handler->handle_event(fd,
                                        readiness_of(events[static_cast<std::size_t>(i)].events));
  }
}

}  // namespace hawser
