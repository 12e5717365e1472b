// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/event_loop.h"

#include <algorithm>

#include "base/deadline.h"
#include "tunnel/io/io_clock.h"

namespace hawser {

void EventLoop::add_timed(TimedHandler& handler) { timed_.push_back(&handler); }

void EventLoop::remove_timed(TimedHandler& handler) {
  std::replace(timed_.begin(), timed_.end(), &handler, static_cast<TimedHandler*>(nullptr));
}

void EventLoop::run_once(std::optional<Duration> at_most) {
  std::erase(timed_, nullptr);
  if (const auto next = next_timeout()) {
    const Duration until = std::max(*next - monotonic_now(), Duration(0));
    at_most = at_most ? std::min(*at_most, until) : until;
  }
  wait(at_most);
  if (!timed_.empty()) call_due(monotonic_now());
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) run_once();
}

std::optional<TimePoint> EventLoop::next_timeout() const {
  std::optional<TimePoint> next;
  for (const TimedHandler* handler : timed_) {
    const auto timeout = handler->next_timeout();
    keep_earlier(next, timeout);
  }
  return next;
}

void EventLoop::call_due(TimePoint now) {
  // By index: handlers may add others.
  for (std::size_t i = 0; i < timed_.size(); ++i) {
    if (timed_[i] == nullptr) continue;
    const auto timeout = timed_[i]->next_timeout();
    if (timeout && *timeout <= now) timed_[i]->handle_timeout(now);
  }
}

}  // namespace hawser
