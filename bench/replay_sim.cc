// SPDX-License-Identifier: Apache-2.0
// Fixed replay windows and the self-sizing one over three kinds of reordering, as CSV:
//
//   replay_sim FOLDER
//     FOLDER/summary.csv    false drops, memory, nanoseconds per packet
//     FOLDER/memory.csv     memory and false drops over time, a line each half second
//
// bench/plot_replay.py draws both.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "antireplay/replay_window.h"
#include "antireplay/window_sizer.h"
#include "tests/support/arrivals.h"

namespace hawser {
namespace {

constexpr std::uint64_t kSettling = 1000;  // packets after a change of the reordering
constexpr Duration kSampleEvery = Milliseconds(500);
constexpr std::size_t kBatch = 32;  // packets between two looks of the sizer, as in a busy daemon
constexpr int kTimedRuns = 7;

struct Kind {
  std::string name;
  std::uint32_t capacity;
  bool self_sizing;  // from `capacity` upwards
};

// One SA's window, as InboundSa uses it, for packets that are all authentic.
class Receiver {
 public:
  explicit Receiver(const Kind& kind)
      : self_sizing_(kind.self_sizing),
        window_(kind.capacity),
        sizer_({.min_capacity = kind.capacity}) {}

  bool accept(std::uint64_t value, TimePoint at) {
    const SequenceNumber number(value);
    const std::uint64_t highest = window_.highest().value();
    const ReplayVerdict verdict = window_.check(number);
    const bool fresh = verdict == ReplayVerdict::kFresh;
    if (self_sizing_) {
      const bool known = fresh || (verdict == ReplayVerdict::kTooOld && sizer_.take_sample(at));
      if (known && value < highest) sizer_.note_late(highest - value);
    }
    if (fresh) window_.commit(number);
    if (self_sizing_ && ++in_batch_ == kBatch) {
      in_batch_ = 0;
      window_.resize(sizer_.update(window_.capacity(), window_.highest(), at));
    }
    return fresh;
  }
  const ReplayWindow& window() const { return window_; }

 private:
  bool self_sizing_;
  ReplayWindow window_;
  WindowSizer sizer_;
  std::size_t in_batch_ = 0;
};

struct Outcome {
  std::uint64_t false_drops = 0;
  std::uint64_t drops_when_settled = 0;
  double mean_memory = 0;
  std::size_t max_memory = 0;
};

// The first packet sent under new conditions begins a change.
class Settling {
 public:
  explicit Settling(const ArrivalSpec& spec)
      : begins_(spec.per_second * static_cast<std::uint64_t>(spec.before.count())),
        ends_(begins_ + spec.per_second * static_cast<std::uint64_t>(spec.during.count())) {}
  bool is_settled(std::uint64_t number, std::uint64_t count) {
    if (number > begins_) {
      settled_at_ = count + kSettling;
      begins_ = std::exchange(ends_, UINT64_MAX);
    }
    return count >= settled_at_;
  }

 private:
  std::uint64_t begins_, ends_;
  std::uint64_t settled_at_ = 0;
};

Outcome simulate(const ArrivalSpec& spec, const std::vector<Arrival>& arrivals, const Kind& kind,
                 std::FILE* series) {
  Receiver receiver(kind);
  Settling settling(spec);
  Outcome outcome;
  TimePoint next_sample = arrivals.front().at;
  for (std::uint64_t count = 0; count < arrivals.size(); ++count) {
    const Arrival& arrival = arrivals[count];
    const bool fresh = receiver.accept(arrival.number, arrival.at);
    const bool settled = settling.is_settled(arrival.number, count);
    outcome.false_drops += !fresh;
    outcome.drops_when_settled += !fresh && settled;
    const std::size_t memory = receiver.window().memory_bytes();
    outcome.mean_memory += static_cast<double>(memory) / static_cast<double>(arrivals.size());
    outcome.max_memory = std::max(outcome.max_memory, memory);
    if (arrival.at < next_sample) continue;
    const std::chrono::duration<double> since = arrival.at - arrivals.front().at;
    std::fprintf(series, "%s,%u,%s,%.1f,%zu,%llu\n", reordering_name(spec.kind).data(),
                 spec.per_second, kind.name.c_str(), since.count(), memory,
                 static_cast<unsigned long long>(outcome.false_drops));
    next_sample += kSampleEvery;
  }
  return outcome;
}

// The fastest of some runs: what the rest of the machine does only adds.
double measure_ns(const std::vector<Arrival>& arrivals, const Kind& kind) {
  double best = 1e9;
  for (int run = 0; run < kTimedRuns; ++run) {
    Receiver receiver(kind);
    std::uint64_t accepted = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const Arrival& arrival : arrivals) accepted += receiver.accept(arrival.number, arrival.at);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (accepted == 0) return -1;
    best = std::min(best, took.count() / static_cast<double>(arrivals.size()));
  }
  return best;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> list = {{"64", 64, false},
                                         {"1024", 1024, false},
                                         {"32768", 32768, false},
                                         {"auto", WindowSizer::Options().min_capacity, true},
                                         {"auto-from-64", 64, true}};
  return list;
}

void simulate_all(const ArrivalSpec& spec, std::FILE* summary, std::FILE* series) {
  const std::vector<Arrival> arrivals = make_arrivals(spec);
  for (const Kind& kind : kinds()) {
    const Outcome outcome = simulate(spec, arrivals, kind, series);
    std::fprintf(summary, "%s,%u,%s,%zu,%llu,%llu,%.0f,%zu,%.2f\n",
                 reordering_name(spec.kind).data(), spec.per_second, kind.name.c_str(),
                 arrivals.size(), static_cast<unsigned long long>(outcome.false_drops),
                 static_cast<unsigned long long>(outcome.drops_when_settled), outcome.mean_memory,
                 outcome.max_memory, measure_ns(arrivals, kind));
  }
}

int run(const std::string& folder) {
  const File summary(std::fopen((folder + "/summary.csv").c_str(), "w"));
  const File series(std::fopen((folder + "/memory.csv").c_str(), "w"));
  if (!summary || !series) {
    std::perror(folder.c_str());
    return 1;
  }
  std::fputs(
      "reordering,packets_per_second,window,packets,false_drops,false_drops_when_settled,"
      "mean_memory_bytes,max_memory_bytes,ns_per_packet\n",
      summary.get());
  std::fputs("reordering,packets_per_second,window,seconds,memory_bytes,false_drops\n",
             series.get());
  for (const unsigned rate : {10'000u, 50'000u}) {
    for (const Reordering kind : {Reordering::kTwoPaths, Reordering::kLate, Reordering::kEcmp}) {
      simulate_all({.kind = kind, .per_second = rate}, summary.get(), series.get());
    }
  }
  return 0;
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  if (argc == 2) return hawser::run(argv[1]);
  std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
  return 2;
}
