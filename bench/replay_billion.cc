// SPDX-License-Identifier: Apache-2.0
// No duplicate is accepted, over very many deliveries with resizes:
//
//   replay_billion [DELIVERIES [SEED]]     ends with 1 if an answer of the window was wrong
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/antireplay/replay_model.h"

int main(int argc, char** argv) {
  const std::uint64_t deliveries =
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : std::uint64_t{1'000'000'000};
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto start = std::chrono::steady_clock::now();
  const hawser::DeliveryCounts counts = hawser::deliver_at_random(seed, deliveries);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "seed %llu: %llu deliveries, %llu accepted, %llu replayed, %llu too old, %llu resizes, "
      "%.0f s\n%llu duplicates accepted, %llu wrong answers\n",
      number(seed), number(counts.deliveries), number(counts.accepted), number(counts.replayed),
      number(counts.too_old), number(counts.resizes), took.count(),
      number(counts.duplicates_accepted), number(counts.wrongly_answered));
  return counts.wrongly_answered == 0 ? 0 : 1;
}
