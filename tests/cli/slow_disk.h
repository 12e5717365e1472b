// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/sequence_saver.h"
#include "tunnel/io/epoll_event_loop.h"

namespace hawser {

constexpr auto kTestPatience = std::chrono::seconds(20);

// Turns the loop until the condition holds; false if it never does.
inline bool run_until(EventLoop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_once(Milliseconds(5));
  }
  return true;
}

// A disk whose writes return when the test says so. Must outlive the saver.
class SlowDisk {
 public:
  std::unique_ptr<SequenceSaver> open_saver(EventLoop& loop) {
    return std::move(
        *SequenceSaver::open(loop, [this](const std::string& text) { return write(text); }));
  }

  void finish_one() { allow(1); }
  void finish_all() { allow(1'000'000); }
  // What writes answer from now on.
  void fail(bool yes) {
    const std::lock_guard lock(mutex_);
    fails_ = yes;
  }
  // Until so many were begun.
  bool wait_for_writes(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTestPatience, [&] { return begun_ >= count; });
  }
  // Those that returned.
  std::vector<std::string> written() {
    const std::lock_guard lock(mutex_);
    return written_;
  }

 private:
  SequenceSaver::Saved write(const std::string& text) {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return allowed_ > 0; });
    --allowed_;
    if (fails_) return failure(std::string("the disk is full"));
    written_.push_back(text);
    return {};
  }
  void allow(std::size_t count) {
    {
      const std::lock_guard lock(mutex_);
      allowed_ += count;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_ = 0;
  std::size_t allowed_ = 0;
  bool fails_ = false;
  std::vector<std::string> written_;
};

}  // namespace hawser
