// SPDX-License-Identifier: Apache-2.0
#include "cli/link_watcher.h"

#include <algorithm>
#include <utility>

#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr Duration kSettle = Milliseconds(100);
// A link that flaps must not keep us busy.
constexpr Duration kPause = Seconds(2);

}  // namespace

Result<std::unique_ptr<LinkWatcher>, std::string> LinkWatcher::open(EventLoop& loop, unsigned ours,
                                                                    Changed changed) {
  auto watch = LinkWatch::open();
  if (!watch) return failure(watch.error().what);
  std::unique_ptr<LinkWatcher> watcher(
      new LinkWatcher(loop, std::move(*watch), ours, std::move(changed)));
  loop.add_timed(*watcher);
  if (auto added = loop.add(watcher->watch_.fd(), {}, *watcher); !added) {
    return failure(added.error().what);
  }
  return watcher;
}

LinkWatcher::~LinkWatcher() {
  loop_.remove(watch_.fd());
  loop_.remove_timed(*this);
}

void LinkWatcher::handle_event(int /*fd*/, Readiness /*ready*/) {
  if (!watch_.poll_changed(ours_) || due_) return;
  due_ = std::max(monotonic_now() + kSettle, not_before_);
}

void LinkWatcher::handle_timeout(TimePoint now) {
  due_.reset();
  not_before_ = now + kPause;
  changed_();
}

}  // namespace hawser
