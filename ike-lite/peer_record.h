// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/spi.h"
#include "base/time.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// What an engine knows of one peer besides its config: its IKE SAs, and when to begin the next.
struct PeerRecord {
  // Local SPIs, in the order in which they came; duplicates that are to go are among them.
  std::vector<IkeSpi> sas;
  std::optional<IkeSpi> attempt;  // that we began and that is not authenticated
  bool attempt_replaces = false;  // what was there before: the peer does not answer on it
  bool is_wanted = false;         // begin, and begin again
  bool was_established = false;   // PeerLost is due when the last one goes
  unsigned failures = 0;          // in a row
  std::optional<TimePoint> retry_at;
  std::string last_error;

  // The same sentence at most once a minute.
  bool may_say(const std::string& sentence, TimePoint now) {
    static constexpr std::size_t kMaxSentences = 8;
    std::erase_if(said_, [now](const auto& item) { return now - item.second >= Seconds(60); });
    if (said_.contains(sentence) || said_.size() >= kMaxSentences) return false;
    said_.emplace(sentence, now);
    return true;
  }

 private:
  std::map<std::string, TimePoint> said_;
};

}  // namespace hawser
