// SPDX-License-Identifier: Apache-2.0
#include "cli/link_watcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr Duration kSettle = Milliseconds(100);
// A link that flaps must not keep us busy.
constexpr Duration kPause = Seconds(2);

bool is_over(const std::optional<TimePoint>& due, TimePoint now) { return due && *due <= now; }

}  // namespace

Result<std::unique_ptr<LinkWatcher>, std::string> LinkWatcher::open(EventLoop& loop,
                                                                    const Options& options,
                                                                    Listener listener) {
  auto watch = LinkWatch::open();
  if (!watch) return failure(watch.error().what);
  auto table = LinkTable::open({.ours = options.device, .mark = options.mark});
  if (!table) return failure(table.error().what);
  std::unique_ptr<LinkWatcher> watcher(new LinkWatcher(loop, std::move(*watch), std::move(*table),
                                                       options.index, std::move(listener)));
  loop.add_timed(*watcher);
  if (auto added = loop.add(watcher->watch_.fd(), {}, *watcher); !added) {
    return failure(added.error().what);
  }
  watcher->read();
  return watcher;
}

LinkWatcher::~LinkWatcher() {
  loop_.remove(watch_.fd());
  loop_.remove_timed(*this);
}

void LinkWatcher::set_remotes(std::vector<IpAddress> remotes, std::uint32_t mark) {
  remotes_ = std::move(remotes);
  table_.set_mark(mark);
  read();
}

bool LinkWatcher::read() {
  auto links = table_.read(remotes_);
  if (!links) {
    spdlog::error("{}", links.error().what);
    return false;
  }
  if (*links == links_) return false;
  links_ = std::move(*links);
  return true;
}

// One change of a link comes as several messages, within less than a millisecond.
void LinkWatcher::handle_event(int /*fd*/, Readiness /*ready*/) {
  const LinkChanges changes = watch_.poll_changes(ours_);
  if (!changes.any()) return;
  const TimePoint now = monotonic_now();
  read_due_ = earlier(read_due_, now + (changes.links ? kLinkDelay : kRouteDelay));
  if (!settled_due_) settled_due_ = std::max(now + kSettle, not_settled_before_);
}

std::optional<TimePoint> LinkWatcher::next_timeout() const {
  return earlier(read_due_, settled_due_);
}

void LinkWatcher::handle_timeout(TimePoint now) {
  if (is_over(read_due_, now)) {
    read_due_.reset();
    if (read()) listener_.links(links_);
  }
  if (is_over(settled_due_, now)) {
    settled_due_.reset();
    not_settled_before_ = now + kPause;
    listener_.settled();
  }
}

}  // namespace hawser
