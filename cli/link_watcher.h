// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/local_link.h"
#include "tun/link_table.h"
#include "tun/link_watch.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Knows the links of this host, and tells of changes twice: which links there are now, at once and
// only if that differs; and that something changed, when it has been quiet for a moment, since one
// change seldom comes alone. One thread.
class LinkWatcher final : public EventHandler, public TimedHandler {
 public:
  // Bounds for who must not wait: after the first news of a link or an address, and of a route.
  static constexpr Duration kLinkDelay = Milliseconds(3);
  static constexpr Duration kRouteDelay = Milliseconds(100);

  struct Listener {
    std::function<void(const std::vector<LocalLink>& links)> links;
    std::function<void()> settled;
  };
  struct Options {
    std::string device;  // the tunnel's own, whose changes we make ourselves
    unsigned index = 0;  // of that
    std::uint32_t mark = 0;
  };

  static Result<std::unique_ptr<LinkWatcher>, std::string> open(EventLoop& loop,
                                                                const Options& options,
                                                                Listener listener);
  LinkWatcher(const LinkWatcher&) = delete;
  LinkWatcher& operator=(const LinkWatcher&) = delete;
  ~LinkWatcher() override;

  const std::vector<LocalLink>& links() const { return links_; }
  // Which addresses of peers it is to say whether a link reaches them, and the mark of the packets
  // there. Reads anew, but tells nobody.
  void set_remotes(std::vector<IpAddress> remotes, std::uint32_t mark);

  void handle_event(int fd, Readiness ready) override;
  std::optional<TimePoint> next_timeout() const override;
  void handle_timeout(TimePoint now) override;

 private:
  LinkWatcher(EventLoop& loop, LinkWatch watch, LinkTable table, unsigned ours, Listener listener)
      : loop_(loop),
        watch_(std::move(watch)),
        table_(std::move(table)),
        ours_(ours),
        listener_(std::move(listener)) {}

  // True if something is different.
  bool read();

  EventLoop& loop_;
  LinkWatch watch_;
  LinkTable table_;
  unsigned ours_;
  Listener listener_;
  std::vector<IpAddress> remotes_;
  std::vector<LocalLink> links_;

  std::optional<TimePoint> read_due_;
  std::optional<TimePoint> settled_due_;
  TimePoint not_settled_before_{};
};

}  // namespace hawser
