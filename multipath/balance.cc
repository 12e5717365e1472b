// SPDX-License-Identifier: Apache-2.0
#include "multipath/balance.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

// A weight stays in use until it is wrong by so much.
constexpr double kWeightTolerance = 2;
constexpr double kLeastScore = 1;

// The finalizer of SplitMix64: each bit of the result depends on each of `value`.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

// In (0, 1), of a slot and a path.
double draw(std::size_t slot, PathId path) {
  const std::uint64_t bits = mixed(std::uint64_t{path.value()} << 32 | slot) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

}  // namespace

void Balance::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                      TimePoint /*now*/) {
  // By identity, not by rank: else a change of the order alone would look like a new set.
  std::array<std::uint8_t, kPathsMax> indices{};
  const auto order = ranking.order(traffic_class_);
  const auto end = std::copy(order.begin(), order.end(), indices.begin());
  std::sort(indices.begin(), end,
            [&paths](std::uint8_t a, std::uint8_t b) { return paths[a].id < paths[b].id; });
  const int priority = highest_priority(paths, order);
  const std::array<Candidate, kPathsMax> before = candidates_;
  const auto known = std::span(before).first(count_);
  bool changed = false;
  count_ = 0;
  for (auto index = indices.begin(); index != end; ++index) {
    const PathView& path = paths[*index];
    if (path.preference.priority < priority) continue;
    double weight = likely_rate_bps(path) *
                    std::max(ranking.score(traffic_class_, *index).value(), kLeastScore);
    const auto old = std::ranges::find(known, path.id, &Candidate::id);
    if (old != known.end() && weight < old->weight * kWeightTolerance &&
        weight * kWeightTolerance > old->weight) {
      weight = old->weight;
    } else {
      changed = true;
    }
    candidates_[count_++] = {path.id, *index, weight};
  }
  if (changed || count_ != known.size()) fill_slots();
}

PathChoice Balance::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (count_ == 0) return {};
  const std::size_t slot = mixed(chunk.flow) % kSlots;
  return choice_of(paths, candidates_[slots_[slot]].index, chunk);
}

void Balance::fill_slots() {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    double highest = -1;
    for (std::size_t i = 0; i < count_; ++i) {
      const double height = candidates_[i].weight / -std::log(draw(slot, candidates_[i].id));
      if (height <= highest) continue;
      highest = height;
      slots_[slot] = static_cast<std::uint8_t>(i);
    }
  }
}

}  // namespace hawser
