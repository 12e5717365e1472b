// SPDX-License-Identifier: Apache-2.0
#include "tests/antireplay/replay_model.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

// The short version of replay_billion in bench/.
TEST(ReplayModel, AgreesOverAMillionDeliveriesWithResizes) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    const DeliveryCounts counts = deliver_at_random(seed, 250'000);
    EXPECT_EQ(counts.duplicates_accepted, 0u) << "seed " << seed;
    EXPECT_EQ(counts.wrongly_answered, 0u)
        << "seed " << seed << ", first at delivery " << counts.first_wrong_delivery;
    EXPECT_GT(counts.accepted, 50'000u) << "every kind of answer is asked for";
    EXPECT_GT(counts.replayed, 25'000u);
    EXPECT_GT(counts.too_old, 1'000u);
    EXPECT_GT(counts.resizes, 20u);
  }
}

}  // namespace
}  // namespace hawser
