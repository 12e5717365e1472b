// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "ike-lite/ike_exchange.h"

namespace hawser {

// Requests of ours that wait for their turn or for their time. The first one whose time has come
// is next.
class ExchangeQueue {
 public:
  static constexpr std::size_t kMax = 32;

  // Beyond kMax it is destroyed.
  void push(std::unique_ptr<IkeExchange> exchange, TimePoint not_before) {
    if (waiting_.size() < kMax) waiting_.push_back({not_before, std::move(exchange)});
  }
  // Null if none is due.
  std::unique_ptr<IkeExchange> take_due(TimePoint now) {
    const auto due = std::ranges::find_if(
        waiting_, [now](const Waiting& waiting) { return waiting.not_before <= now; });
    if (due == waiting_.end()) return nullptr;
    std::unique_ptr<IkeExchange> exchange = std::move(due->exchange);
    waiting_.erase(due);
    return exchange;
  }
  // max() if nothing waits.
  TimePoint next() const {
    TimePoint next = TimePoint::max();
    for (const Waiting& waiting : waiting_) next = std::min(next, waiting.not_before);
    return next;
  }
  bool contains(ExchangeKind kind) const {
    return std::ranges::any_of(
        waiting_, [kind](const Waiting& waiting) { return waiting.exchange->kind() == kind; });
  }
  void drop(ExchangeKind kind) {
    std::erase_if(waiting_,
                  [kind](const Waiting& waiting) { return waiting.exchange->kind() == kind; });
  }
  void clear() { waiting_.clear(); }

 private:
  struct Waiting {
    TimePoint not_before;
    std::unique_ptr<IkeExchange> exchange;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace hawser
