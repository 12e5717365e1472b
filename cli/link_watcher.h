// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tun/link_watch.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Tells, when links, addresses or routes of this host have changed and it has been quiet for a
// moment: one change seldom comes alone.
class LinkWatcher final : public EventHandler, public TimedHandler {
 public:
  using Changed = std::function<void()>;

  // `ours` is the index of the tunnel's device, whose changes we make ourselves.
  static Result<std::unique_ptr<LinkWatcher>, std::string> open(EventLoop& loop, unsigned ours,
                                                                Changed changed);
  LinkWatcher(const LinkWatcher&) = delete;
  LinkWatcher& operator=(const LinkWatcher&) = delete;
  ~LinkWatcher() override;

  void handle_event(int fd, Readiness ready) override;
  std::optional<TimePoint> next_timeout() const override { return due_; }
  void handle_timeout(TimePoint now) override;

 private:
  LinkWatcher(EventLoop& loop, LinkWatch watch, unsigned ours, Changed changed)
      : loop_(loop), watch_(std::move(watch)), ours_(ours), changed_(std::move(changed)) {}

  EventLoop& loop_;
  LinkWatch watch_;
  unsigned ours_;
  Changed changed_;
  std::optional<TimePoint> due_;
  TimePoint not_before_{};
};

}  // namespace hawser
