// SPDX-License-Identifier: Apache-2.0
#include "multipath/sent_history.h"

#include <algorithm>

namespace hawser {

void SentHistory::mark() {
  if (count_ == 0 || marks_[newest_].total != total_) {
    newest_ = (newest_ + 1) % kMarks;
    count_ = std::min(count_ + 1, kMarks);
    marks_[newest_] = {total_, last_};
  }
  next_mark_ = last_ + spacing_;
}

TimePoint SentHistory::time_of(std::uint64_t octets, TimePoint now) const {
  Mark later{total_, count_ > 0 ? last_ : now};
  for (std::size_t age = 0; age < count_; ++age) {
    const Mark& earlier = marks_[(newest_ + kMarks - age) % kMarks];
    if (earlier.total <= octets) {
      const std::uint64_t between = later.total - earlier.total;
      if (between == 0) return earlier.at;
      const double share =
          static_cast<double>(octets - earlier.total) / static_cast<double>(between);
      const double time = static_cast<double>((later.at - earlier.at).count());
      return earlier.at + Duration(static_cast<Duration::rep>(time * share));
    }
    later = earlier;
  }
  return later.at;
}

}  // namespace hawser
