// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "tun/unique_fd.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

class EpollEventLoop final : public EventLoop {
 public:
  static Result<std::unique_ptr<EpollEventLoop>, OsError> open();

  Result<void, OsError> add(int fd, Interest interest, EventHandler& handler) override;
  void modify(int fd, Interest interest) override;
  void remove(int fd) override;
  void wake_up() override;
  const char* name() const override { return "epoll"; }

 protected:
  void wait(std::optional<Duration> at_most) override;

 private:
  struct Entry {
    EventHandler* handler;
    Interest interest;
    std::uint32_t generation;  // tells a descriptor from an earlier one with the same number
  };
  static constexpr int kMaxEvents = 64;

  EpollEventLoop(UniqueFd epoll, UniqueFd wake)
      : epoll_(std::move(epoll)), wake_(std::move(wake)) {}

  UniqueFd epoll_;
  UniqueFd wake_;
  std::unordered_map<int, Entry> entries_;
  std::uint32_t next_generation_ = 1;
};

}  // namespace hawser
