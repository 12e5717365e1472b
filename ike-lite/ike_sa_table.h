// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ike-lite/ike_sa.h"

namespace hawser {

// The IKE SAs of an engine by our SPI, and when each wants to be called next. An entry stays at its
// address until it is erased. What changes an IKE SA tells update() afterwards.
class IkeSaTable {
 public:
  struct Entry {
    std::unique_ptr<IkeSa> sa;
    IkeSa::State seen = IkeSa::State::kDead;  // when it was looked at last
    // A duplicate: to be deleted then; max() once that was begun.
    std::optional<TimePoint> retire_at;
    // At the last look, if no timer came since: whether a request waits, and how often it was sent.
    struct Outstanding {
      bool is_any = false;
      unsigned retransmits = 0;
      friend bool operator==(const Outstanding&, const Outstanding&) = default;
    };
    std::optional<Outstanding> outstanding;

   private:
    friend class IkeSaTable;
    std::optional<TimePoint> timer_;
    bool is_half_open_ = false;
  };

  Entry& add(std::unique_ptr<IkeSa> sa);
  void erase(IkeSpi local_spi);
  Entry* find(IkeSpi local_spi);
  const Entry* find(IkeSpi local_spi) const;
  // The half-open one that a request with this SPI made, byte for byte.
  Entry* find_half_open(IkeSpi spi_initiator, ByteSpan init_request);
  // Timer and count of half-open ones follow the IKE SA.
  void update(Entry& entry);

  std::optional<TimePoint> next_timeout() const;
  // The SPIs of those that are due.
  std::vector<IkeSpi> due(TimePoint now) const;
  std::vector<IkeSpi> all() const;
  std::size_t size() const { return entries_.size(); }
  std::size_t half_open() const { return half_open_.size(); }

 private:
  void set_timer(Entry& entry, std::optional<TimePoint> when);
  void forget_half_open(Entry& entry);

  std::unordered_map<IkeSpi, std::unique_ptr<Entry>> entries_;
  std::set<std::pair<TimePoint, IkeSpi>> timers_;
  // By the initiator's SPI, which several may have: ours.
  std::unordered_multimap<IkeSpi, IkeSpi> half_open_;
};

}  // namespace hawser
