// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/os_error.h"
#include "base/result.h"
#include "base/time.h"

namespace hawser {

struct Interest {
  bool readable = true;
  bool writable = false;
  friend bool operator==(const Interest&, const Interest&) = default;
};

struct Readiness {
  bool readable = false;
  bool writable = false;
  bool failed = false;  // error or hang-up; also set: readable, so that a read finds it
};

// Told when a file descriptor that it registered is ready (level-triggered).
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void handle_event(int fd, Readiness ready) = 0;
};

// Has a deadline that moves: asked before each wait, called when it has passed.
class TimedHandler {
 public:
  virtual ~TimedHandler() = default;
  virtual std::optional<TimePoint> next_timeout() const = 0;
  virtual void handle_timeout(TimePoint now) = 0;
};

// Waits for file descriptors and deadlines, one thread; only wake_up may come from another thread
// or a signal handler. Handlers may add, modify and remove anything, also themselves: nothing that
// was removed is called after that.
class EventLoop {
 public:
  virtual ~EventLoop() = default;

  // The handler must outlive its registration.
  virtual Result<void, OsError> add(int fd, Interest interest, EventHandler& handler) = 0;
  virtual void modify(int fd, Interest interest) = 0;
  virtual void remove(int fd) = 0;
  virtual void wake_up() = 0;
  // "epoll", for status.
  virtual const char* name() const = 0;

  void add_timed(TimedHandler& handler);
  void remove_timed(TimedHandler& handler);

  // Waits at most so long (unset: until something happens), then calls who is ready or due.
  void run_once(std::optional<Duration> at_most = std::nullopt);
  // run_once until stop().
  void run();
  void stop() { stopped_ = true; }

 protected:
  // Waits and calls the handlers that are ready.
  virtual void wait(std::optional<Duration> at_most) = 0;

 private:
  std::optional<TimePoint> next_timeout() const;
  void call_due(TimePoint now);

  std::vector<TimedHandler*> timed_;  // a removed one is nullptr until the next round
  bool stopped_ = false;
};

}  // namespace hawser
