// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"
#include "tunnel/io/signal_fd.h"

namespace hawser {
namespace {

struct Handler : EventHandler {
  explicit Handler(std::function<void(int, Readiness)> function) : function_(std::move(function)) {}
  void handle_event(int fd, Readiness ready) override { function_(fd, ready); }
  std::function<void(int, Readiness)> function_;
};

struct Timer : TimedHandler {
  std::optional<TimePoint> next_timeout() const override { return deadline; }
  void handle_timeout(TimePoint now) override {
    EXPECT_GE(now, *deadline);
    deadline.reset();
    ++fired;
  }
  std::optional<TimePoint> deadline;
  int fired = 0;
};

class EventLoopTest : public ::testing::Test {
 protected:
  EventLoopTest() {
    auto loop = EpollEventLoop::open();
    EXPECT_TRUE(loop);
    loop_ = std::move(*loop);
    int fds[2];
    EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds));
    left_.reset(fds[0]);
    right_.reset(fds[1]);
  }
  void poke() { ASSERT_EQ(1, ::write(right_.get(), "x", 1)); }
  char take() {
    char c = 0;
    return ::read(left_.get(), &c, 1) == 1 ? c : '\0';
  }

  std::unique_ptr<EventLoop> loop_;
  UniqueFd left_;
  UniqueFd right_;
};

TEST_F(EventLoopTest, CallsWhoIsReady) {
  int calls = 0;
  Handler handler([&](int fd, Readiness ready) {
    EXPECT_EQ(fd, left_.get());
    EXPECT_TRUE(ready.readable);
    EXPECT_FALSE(ready.writable);
    EXPECT_EQ(take(), 'x');
    ++calls;
  });
  ASSERT_TRUE(loop_->add(left_.get(), {}, handler));
  loop_->run_once(Duration(0));
  EXPECT_EQ(calls, 0);
  poke();
  loop_->run_once();
  loop_->run_once(Duration(0));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, InterestDecides) {
  Readiness last;
  int calls = 0;
  Handler handler([&](int, Readiness ready) {
    last = ready;
    ++calls;
  });
  ASSERT_TRUE(loop_->add(left_.get(), {.readable = false, .writable = false}, handler));
  poke();
  loop_->run_once(Duration(0));
  EXPECT_EQ(calls, 0);
  loop_->modify(left_.get(), {.readable = false, .writable = true});
  loop_->run_once(Duration(0));
  EXPECT_TRUE(last.writable);
  EXPECT_FALSE(last.readable);
  loop_->modify(left_.get(), {.readable = true, .writable = true});
  loop_->run_once(Duration(0));
  EXPECT_TRUE(last.writable && last.readable);
  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, RemovedHandlerIsNotCalledAnyMore) {
  int calls = 0;
  Handler handler([&](int, Readiness) {
    ++calls;
    loop_->remove(left_.get());
    loop_->remove(right_.get());
  });
  ASSERT_TRUE(loop_->add(left_.get(), {.readable = true, .writable = true}, handler));
  ASSERT_TRUE(loop_->add(right_.get(), {.readable = true, .writable = true}, handler));
  loop_->run_once(Duration(0));
  loop_->run_once(Duration(0));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, HangUpIsReadable) {
  int fds[2];
  ASSERT_EQ(0, ::pipe(fds));
  UniqueFd reader(fds[0]);
  Readiness last;
  Handler handler([&](int, Readiness ready) { last = ready; });
  ASSERT_TRUE(loop_->add(reader.get(), {}, handler));
  ::close(fds[1]);
  loop_->run_once(Duration(0));
  EXPECT_TRUE(last.failed && last.readable);
}

TEST_F(EventLoopTest, TimersFireWhenDue) {
  Timer soon;
  Timer late;
  soon.deadline = monotonic_now() + Milliseconds(5);
  late.deadline = monotonic_now() + Seconds(3600);
  loop_->add_timed(soon);
  loop_->add_timed(late);
  while (soon.fired == 0) loop_->run_once();
  EXPECT_EQ(late.fired, 0);
  soon.deadline = monotonic_now() - Seconds(1);
  loop_->run_once();
  EXPECT_EQ(soon.fired, 2);
  loop_->remove_timed(soon);
  soon.deadline = monotonic_now() - Seconds(1);
  loop_->run_once(Duration(0));
  EXPECT_EQ(soon.fired, 2);
}

TEST_F(EventLoopTest, WakesUpFromAnotherThread) {
  std::thread other([&] { loop_->wake_up(); });
  loop_->run_once();  // hangs if not
  other.join();
  const TimePoint before = monotonic_now();
  loop_->run_once(Milliseconds(1));
  EXPECT_GE(monotonic_now() - before, Milliseconds(1));  // woken once only
}

TEST_F(EventLoopTest, StopEndsRun) {
  Handler handler([&](int, Readiness) { loop_->stop(); });
  ASSERT_TRUE(loop_->add(left_.get(), {}, handler));
  poke();
  loop_->run();
}

TEST_F(EventLoopTest, AddTwiceIsAnError) {
  Handler handler([](int, Readiness) {});
  ASSERT_TRUE(loop_->add(left_.get(), {}, handler));
  EXPECT_FALSE(loop_->add(left_.get(), {}, handler));
  EXPECT_FALSE(loop_->add(-1, {}, handler));
}

TEST_F(EventLoopTest, SignalsAreRead) {
  auto signals = SignalFd::open({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(signals);
  EXPECT_EQ(signals->read(), std::nullopt);
  ::raise(SIGUSR2);
  std::optional<int> seen;
  Handler handler([&](int, Readiness) { seen = signals->read(); });
  ASSERT_TRUE(loop_->add(signals->fd(), {}, handler));
  loop_->run_once();
  EXPECT_EQ(seen, SIGUSR2);
}

}  // namespace
}  // namespace hawser
