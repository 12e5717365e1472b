// SPDX-License-Identifier: Apache-2.0
// What a check and a commit of ReplayWindow cost, beside a plain RFC 6479 ring of the same size:
//
//   replay_ratio        prints CSV; ends with 1 if a ratio is over its limit
//
// The two take turns in short rounds, and the medians of the rounds are compared, so that whatever
// else the machine does falls on both.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "antireplay/replay_window.h"

namespace hawser {
namespace {

// RFC 6479 as it stands there: words that are cleared as the window moves over them.
class PlainRing {
 public:
  explicit PlainRing(std::uint32_t capacity)
      : capacity_(capacity), words_(std::size_t{capacity} / 64 * 2), mask_(words_.size() - 1) {}

  ReplayVerdict check(SequenceNumber sequence) const {
    const std::uint64_t number = sequence.value();
    if (number == 0) return ReplayVerdict::kZero;
    if (number > highest_) return ReplayVerdict::kFresh;
    if (highest_ - number >= capacity_) return ReplayVerdict::kTooOld;
    const bool seen = (words_[number / 64 & mask_] >> (number % 64)) & 1;
    return seen ? ReplayVerdict::kReplayed : ReplayVerdict::kFresh;
  }

  ReplayVerdict commit(SequenceNumber sequence) {
    const ReplayVerdict verdict = check(sequence);
    if (verdict != ReplayVerdict::kFresh) return verdict;
    const std::uint64_t number = sequence.value();
    if (number > highest_) {
      const std::uint64_t top = highest_ / 64;
      const std::uint64_t steps = std::min<std::uint64_t>(number / 64 - top, words_.size());
      for (std::uint64_t i = 1; i <= steps; ++i) words_[(top + i) & mask_] = 0;
      highest_ = number;
    }
    words_[number / 64 & mask_] |= std::uint64_t{1} << (number % 64);
    return verdict;
  }

 private:
  std::uint32_t capacity_;
  std::vector<std::uint64_t> words_;
  std::uint64_t mask_;
  std::uint64_t highest_ = 0;
};

// Offsets of a round's packets in the order of their arrival; each round begins where the last
// ended.
struct Pattern {
  std::string_view name;
  std::vector<std::uint32_t> offsets;
  std::uint64_t advance = 0;
};

Pattern make_in_order(std::uint32_t count) {
  Pattern pattern{"in-order", {}, count};
  for (std::uint32_t i = 0; i < count; ++i) pattern.offsets.push_back(i);
  return pattern;
}

// By turns over two paths, one of them half a window behind.
Pattern make_two_paths(std::uint32_t capacity, std::uint32_t count) {
  Pattern pattern{"two-paths", {}, count};
  for (std::uint32_t i = 0; i < count; i += 2) {
    pattern.offsets.push_back(i + capacity / 2);
    pattern.offsets.push_back(i + 1);
  }
  return pattern;
}

// One packet in ten comes late by anything up to half a window.
Pattern make_some_late(std::uint32_t capacity, std::uint32_t count) {
  std::mt19937 random(capacity);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> arrivals;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t late =
        random() % 10 == 0 ? static_cast<std::uint32_t>(random() % (capacity / 2)) : 0;
    arrivals.push_back({i + late, i});
  }
  std::ranges::stable_sort(arrivals);
  Pattern pattern{"some-late", {}, count + capacity};
  for (const auto& arrival : arrivals) pattern.offsets.push_back(arrival.second);
  return pattern;
}

Pattern make_jumps(std::uint32_t capacity, std::uint32_t count) {
  Pattern pattern{"jump", {}, std::uint64_t{capacity} * count};
  for (std::uint32_t i = 0; i < count; ++i) pattern.offsets.push_back(i * capacity);
  return pattern;
}

// Nanoseconds per packet of one round.
template <typename Window>
double run_round(Window& window, const Pattern& pattern, std::uint64_t base) {
  unsigned sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::uint32_t offset : pattern.offsets) {
    const SequenceNumber number(base + offset);
    sum += static_cast<unsigned>(window.check(number));
    asm volatile("" ::: "memory");  // the AEAD stands between the two
    sum += static_cast<unsigned>(window.commit(number));
  }
  const auto end = std::chrono::steady_clock::now();
  asm volatile("" ::"r"(sum));
  return std::chrono::duration<double, std::nano>(end - start).count() /
         static_cast<double>(pattern.offsets.size());
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

bool compare(std::uint32_t capacity, const Pattern& pattern, double limit) {
  constexpr int kRounds = 201;
  ReplayWindow ours(capacity);
  PlainRing plain(capacity);
  std::vector<double> ours_ns;
  std::vector<double> plain_ns;
  std::vector<double> ratios;
  std::uint64_t base = 1;
  for (int i = 0; i < kRounds; ++i, base += pattern.advance) {
    ours_ns.push_back(run_round(ours, pattern, base));
    plain_ns.push_back(run_round(plain, pattern, base));
  }
  const double ratio = median(ours_ns) / median(plain_ns);
  std::printf("%u,%s,%.2f,%.2f,%.3f,%.2f\n", capacity, std::string(pattern.name).c_str(),
              median(plain_ns), median(ours_ns), ratio, limit);
  return ratio <= limit;
}

int run() {
  constexpr std::uint32_t kCount = 16384;
  bool good = true;
  std::puts("capacity_packets,pattern,plain_ns,replay_window_ns,ratio,limit");
  for (std::uint32_t capacity = ReplayWindow::kMinCapacity; capacity <= ReplayWindow::kMaxCapacity;
       capacity *= 2) {
    good &= compare(capacity, make_in_order(kCount), 1.3);
    good &= compare(capacity, make_two_paths(capacity, kCount), 1.3);
    good &= compare(capacity, make_some_late(capacity, kCount), 1.3);
  }
  good &= compare(ReplayWindow::kMaxCapacity, make_jumps(ReplayWindow::kMaxCapacity, 1024), 0.02);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace hawser

int main() { return hawser::run(); }
