// SPDX-License-Identifier: Apache-2.0
#include "multipath/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::at;
using testing::ScheduledPaths;
using testing::ViewOptions;
using enum TrafficClass;

constexpr std::uint64_t kPacket = 1500;

// Paths whose budget grows by their rate, up to 2 ms or three packets of it, and a backlog.
class Aggregation : public ScheduledPaths {
 public:
  explicit Aggregation(std::initializer_list<ViewOptions> paths, ScheduleOptions options = {})
      : ScheduledPaths(TrafficPolicy::kAggregate, options) {
    for (const ViewOptions& path : paths) join(path);
    update();
  }

  void join(const ViewOptions& path) {
    add(path);
    views.back().budget_bytes = budget_most(path.rate_bps);
    sent.resize(views.size());
  }

  // Sends what waits for as long, in steps of 100 us; a source of `rate_bps` adds to it.
  void send_for(Duration time, std::uint64_t rate_bps = 0) {
    constexpr auto kStep = std::chrono::microseconds(100);
    for (const Duration end = now + time; now < end; now += kStep) {
      backlog += rate_bps / 80'000;
      for (PathView& view : views) {
        if (view.rate_bps == 0) continue;
        const std::uint64_t most = budget_most(view.rate_bps);
        view.budget_bytes = std::min(most, view.budget_bytes + view.rate_bps / 80'000);
      }
      if (now % Milliseconds(100) == Duration(0)) update();
      send_now();
    }
  }
  std::uint64_t sent_in_all() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t octets : sent) sum += octets;
    return sum;
  }

  std::uint64_t backlog = 0;
  std::vector<std::uint64_t> sent;

 private:
  static std::uint64_t budget_most(std::uint64_t rate_bps) {
    return rate_bps == 0 ? ~std::uint64_t{0} : std::max(rate_bps / 4000, 3 * kPacket);
  }
  void send_now() {
    while (backlog >= kPacket) {
      const std::uint64_t packets = std::min<std::uint64_t>(backlog / kPacket, 43);
      const PathChoice choice = choose(kBulk, static_cast<std::uint32_t>(packets), 0, backlog);
      if (choice.path == kNoPathIndex) {
        EXPECT_TRUE(choice.retry_at && *choice.retry_at > at(now));
        return;
      }
      PathView& view = views[choice.path];
      ASSERT_GE(choice.octets, kPacket);
      ASSERT_LE(choice.octets, view.budget_bytes);
      const std::uint64_t octets = std::min(packets, choice.octets / kPacket) * kPacket;
      if (view.rate_bps != 0) view.budget_bytes -= octets;
      sent[choice.path] += octets;
      backlog -= octets;
    }
  }
};

TEST(Aggregate, FillsAllPaths) {
  struct Profile {
    ViewOptions first;
    ViewOptions second;
  };
  constexpr std::uint64_t kMega = 1'000'000;
  for (const auto& [first, second] : std::vector<Profile>{
           {{.rate_bps = 50 * kMega}, {.id = 1, .rate_bps = 50 * kMega}},
           {{.rate_bps = 50 * kMega},
            {.id = 1, .delay = Milliseconds(120), .rate_bps = 50 * kMega}},
           {{.rate_bps = 100 * kMega}, {.id = 1, .rate_bps = 10 * kMega}},
           {{.delay = Milliseconds(8), .rate_bps = 300 * kMega},
            {.id = 1, .delay = Milliseconds(40), .loss = 0.005, .rate_bps = 60 * kMega}}}) {
    Aggregation paths({first, second});
    paths.backlog = ~std::uint64_t{0} / 2;
    paths.send_for(Seconds(2));
    EXPECT_NEAR(static_cast<double>(paths.sent[0]), static_cast<double>(first.rate_bps) / 4,
                0.02 * static_cast<double>(first.rate_bps) / 4);
    EXPECT_NEAR(static_cast<double>(paths.sent[1]), static_cast<double>(second.rate_bps) / 4,
                0.05 * static_cast<double>(second.rate_bps) / 4);
  }
}

TEST(Aggregate, WhatTheFastPathCarriesGoesThere) {
  Aggregation paths({{.delay = Milliseconds(10), .rate_bps = 50'000'000},
                     {.id = 1, .delay = Milliseconds(40), .rate_bps = 50'000'000}});
  paths.send_for(Seconds(5), 40'000'000);
  EXPECT_GT(paths.sent[0], 24'000'000u);
  EXPECT_EQ(paths.sent[1], 0u);
}

TEST(Aggregate, AShortBurstDoesNotTakeTheSlowPath) {
  // 64 KiB take the fast path 10 ms, the slow one 60 ms more.
  Aggregation paths({{.delay = Milliseconds(10), .rate_bps = 50'000'000},
                     {.id = 1, .delay = Milliseconds(70), .rate_bps = 50'000'000}});
  for (int i = 0; i < 20; ++i) {
    paths.backlog += 65'536;
    paths.send_for(Milliseconds(200));
    EXPECT_LT(paths.backlog, kPacket);
  }
  EXPECT_EQ(paths.sent[1], 0u);
}

TEST(Aggregate, ALongNeedCallsTheSlowPathWhichStaysAWhile) {
  Aggregation paths({{.delay = Milliseconds(10), .rate_bps = 50'000'000},
                     {.id = 1, .delay = Milliseconds(40), .rate_bps = 50'000'000}});
  paths.backlog = ~std::uint64_t{0} / 2;
  paths.send_for(Milliseconds(29));
  EXPECT_EQ(paths.sent[1], 0u);
  paths.send_for(Milliseconds(5));
  EXPECT_GT(paths.sent[1], 0u);
  paths.send_for(Milliseconds(100));

  // The backlog ends, and begins anew: the slow path is there from the first moment.
  paths.backlog = 0;
  paths.send_for(Milliseconds(300));
  const std::uint64_t before = paths.sent[1];
  paths.backlog = 65'536;
  paths.send_for(Milliseconds(5));
  EXPECT_GT(paths.sent[1], before);

  // A second later it is not.
  paths.backlog = 0;
  paths.send_for(Milliseconds(1100));
  const std::uint64_t later = paths.sent[1];
  paths.backlog = 65'536;
  paths.send_for(Milliseconds(25));
  EXPECT_EQ(paths.sent[1], later);
}

TEST(Aggregate, AlikePathsShareABurst) {
  Aggregation paths({{.rate_bps = 50'000'000}, {.id = 1, .rate_bps = 50'000'000}});
  paths.backlog = 65'536;
  paths.send_for(Milliseconds(6));
  EXPECT_LT(paths.backlog, kPacket);
  EXPECT_GT(paths.sent[0], 20'000u);
  EXPECT_GT(paths.sent[1], 20'000u);
}

TEST(Aggregate, AnUnconstrainedFastPathTakesAll) {
  Aggregation paths({{.delay = Milliseconds(10)}, {.id = 1, .rate_bps = 50'000'000}});
  paths.send_for(Seconds(1), 500'000'000);
  EXPECT_GT(paths.sent[0], 62'000'000u);
  EXPECT_EQ(paths.sent[1], 0u);
}

TEST(Aggregate, OfTwoWithBudgetTheOneThatDeliversFirst) {
  Aggregation paths({{.delay = Milliseconds(20), .rate_bps = 100'000'000},
                     {.id = 1, .delay = Milliseconds(21), .rate_bps = 100'000'000}});
  EXPECT_EQ(paths.choose(kBulk, 4).path, 0);
  paths.views[0].rate_bps = 10'000'000;  // 2.4 ms for two packets
  paths.update();
  EXPECT_EQ(paths.choose(kBulk, 2).path, 1);
}

TEST(Aggregate, ChunksAreTwoMillisecondsAtMost) {
  Aggregation paths({{.rate_bps = 50'000'000}});
  EXPECT_LE(paths.choose(kBulk, 43).octets, 12'500u);
  EXPECT_GE(paths.choose(kBulk, 43).octets, 8 * kPacket);
}

TEST(Aggregate, PathsTooSlowToBeEvenedOutStayOutUntilTheyAreWellWithin) {
  Aggregation paths({{.delay = Milliseconds(20), .rate_bps = 10'000'000},
                     {.id = 1, .delay = Milliseconds(225), .rate_bps = 10'000'000}});
  const auto slow_is_used = [&paths](Milliseconds delay) {
    paths.views[1] = testing::make_view({.id = 1, .delay = delay, .rate_bps = 10'000'000});
    paths.sent[1] = 0;
    paths.backlog = 10'000'000;
    paths.send_for(Milliseconds(400));
    return paths.sent[1] > 0;
  };
  EXPECT_FALSE(slow_is_used(Milliseconds(225)));
  EXPECT_FALSE(slow_is_used(Milliseconds(190))) << "it was out: 170 ms more are too much";
  EXPECT_TRUE(slow_is_used(Milliseconds(175)));
  EXPECT_TRUE(slow_is_used(Milliseconds(215))) << "it is in: 195 ms more will do";
  EXPECT_FALSE(slow_is_used(Milliseconds(225)));
}

// What a slower path takes of its rate when so much always waits, by how long that takes the faster
// one; the faster one is never idle.
double used_share(Milliseconds delay, std::uint64_t rate_bps, Milliseconds waiting,
                  int priority = 0) {
  constexpr std::uint64_t kFast = 300'000'000;
  Aggregation paths({{.delay = Milliseconds(8), .rate_bps = kFast},
                     {.id = 1, .delay = delay, .priority = priority, .rate_bps = rate_bps}});
  std::uint64_t before[2]{};
  const auto run = [&](Duration time) {
    for (const Duration end = paths.now + time; paths.now < end;) {
      paths.backlog = kFast / 8000 * static_cast<std::uint64_t>(waiting.count());
      paths.send_for(std::chrono::microseconds(100));
    }
  };
  run(Seconds(3));
  std::ranges::copy(paths.sent, before);
  run(Seconds(1));
  EXPECT_NEAR(static_cast<double>(paths.sent[0] - before[0]) * 8, kFast, 0.02 * kFast);
  return static_cast<double>(paths.sent[1] - before[1]) * 8 / static_cast<double>(rate_bps);
}

TEST(Aggregate, ASlowerPathThatAddsLittleTakesWhatWaitsLonger) {
  constexpr std::uint64_t kLittle = 30'000'000;
  EXPECT_EQ(used_share(Milliseconds(40), kLittle, Milliseconds(38)), 0);
  EXPECT_GT(used_share(Milliseconds(40), kLittle, Milliseconds(45)), 0.9);
  EXPECT_GT(used_share(Milliseconds(40), 70'000'000, Milliseconds(20)), 0.9) << "it adds more";
  EXPECT_GT(used_share(Milliseconds(12), kLittle, Milliseconds(20)), 0.9) << "hardly slower";
  EXPECT_EQ(used_share(Milliseconds(108), kLittle, Milliseconds(500)), 0) << "much slower";
}

TEST(Aggregate, APathThatTheUserPrefersIsUsedThoughItAddsLittle) {
  EXPECT_GT(used_share(Milliseconds(40), 30'000'000, Milliseconds(25), 1), 0.9);
}

TEST(Aggregate, AThinPathThatIsFreeAgainKeepsToTheRateThatItHad) {
  constexpr std::uint64_t kLittle = 30'000'000;
  Aggregation paths({{.delay = Milliseconds(8), .rate_bps = 300'000'000},
                     {.id = 1, .delay = Milliseconds(40), .rate_bps = kLittle}});
  paths.send_for(Seconds(2));
  paths.views[1].rate_bps = 0;
  paths.views[1].budget_bytes = ~std::uint64_t{0};
  paths.backlog = ~std::uint64_t{0} / 2;
  paths.send_for(Seconds(1));
  EXPECT_LT(paths.sent[1] * 8, kLittle * 13 / 10);
  EXPECT_GT(paths.sent[1] * 8, kLittle * 9 / 10);
}

TEST(Aggregate, APathThatWasFullKeepsToItsRateAndTriesMore) {
  constexpr std::uint64_t kRate = 50'000'000;
  // Jitter may look like a full path, at a rate that is none.
  for (const auto& [known, least, most] : std::vector<std::array<std::uint64_t, 3>>{
           {kRate, kRate * 3 / 10, kRate * 4 / 10}, {100'000, 3'000'000, 4'000'000}}) {
    Aggregation paths({{.rate_bps = kRate}, {.id = 1, .rate_bps = known}});
    paths.send_for(Seconds(2), 2 * kRate);
    paths.views[1].rate_bps = 0;
    paths.views[1].budget_bytes = ~std::uint64_t{0};
    paths.backlog = 100'000'000;
    const std::uint64_t before = paths.sent[1];
    paths.send_for(Milliseconds(300));
    EXPECT_GT((paths.sent[1] - before) * 8, least) << known;
    EXPECT_LT((paths.sent[1] - before) * 8, most) << known;
    paths.send_for(Seconds(6));
    EXPECT_LT(paths.backlog, kPacket) << known << ": it may have become much faster";
  }
}

// What waits goes where there is room at once, and the rate of who joins is not known.
TEST(Aggregate, APathThatJoinsDoesNotTakeAllThatWaitsAtOnce) {
  constexpr std::uint64_t kOther = 10'000'000;
  Aggregation paths({{.rate_bps = kOther}});
  paths.backlog = 10'000'000;
  paths.send_for(Seconds(1));
  paths.join({.id = 1});
  paths.update();
  paths.send_for(Milliseconds(300));
  EXPECT_GT(paths.sent[1] * 8, kOther * 3 / 10);
  EXPECT_LT(paths.sent[1] * 8, kOther * 4 / 10);
  paths.send_for(Seconds(4));
  EXPECT_LT(paths.backlog, kPacket) << "it carries any rate";
}

TEST(Aggregate, APathThatReturnsDoesNotTakeAllThatWaitsAtOnce) {
  constexpr std::uint64_t kRate = 10'000'000;
  Aggregation paths({{.rate_bps = kRate}, {.id = 1, .rate_bps = kRate}});
  paths.send_for(Seconds(1), 2 * kRate);
  paths.views[1].recent_loss = 0.3;
  paths.update();
  paths.views[1].recent_loss = 0;
  paths.views[1].rate_bps = 0;
  paths.views[1].budget_bytes = ~std::uint64_t{0};
  paths.backlog = 10'000'000;
  const std::uint64_t before = paths.sent[1];
  paths.send_for(Milliseconds(300));
  EXPECT_GT((paths.sent[1] - before) * 8, kRate * 3 / 10);
  EXPECT_LT((paths.sent[1] - before) * 8, kRate * 4 / 10);
}

TEST(Aggregate, WhatAddedLittleDoesSoUntilANewRateIsKnown) {
  Aggregation paths({{.delay = Milliseconds(8), .rate_bps = 300'000'000},
                     {.id = 1, .delay = Milliseconds(40), .rate_bps = 30'000'000}});
  const auto sent_after = [&](Duration time) {
    const std::uint64_t before = paths.sent[1];
    paths.send_for(time, 320'000'000);
    return paths.sent[1] - before;
  };
  sent_after(Milliseconds(1200));
  paths.backlog = 0;
  EXPECT_EQ(sent_after(Milliseconds(200)), 0u);
  // Without traffic its rate control forgets the rate.
  paths.views[1].rate_bps = 0;
  paths.backlog = 0;
  EXPECT_EQ(sent_after(Milliseconds(200)), 0u);
  paths.views[1].rate_bps = 200'000'000;
  sent_after(Seconds(2));
  paths.backlog = 0;
  EXPECT_GT(sent_after(Milliseconds(200)), 0u);
}

TEST(Aggregate, APathThatLosesMuchMoreStaysOut) {
  Aggregation paths({{.loss = 0.25, .rate_bps = 10'000'000}, {.id = 1, .rate_bps = 10'000'000}});
  paths.backlog = 10'000'000;
  paths.send_for(Milliseconds(400));
  EXPECT_EQ(paths.sent[0], 0u);
  EXPECT_GT(paths.sent[1], 0u);
}

TEST(Aggregate, OneIsUsedThoughEachHasAFault) {
  Aggregation paths({{.loss = 0.25, .rate_bps = 10'000'000},
                     {.id = 1, .delay = Milliseconds(500), .rate_bps = 10'000'000}});
  paths.backlog = 10'000'000;
  paths.send_for(Milliseconds(400));
  EXPECT_GT(paths.sent_in_all(), 400'000u);
}

TEST(Aggregate, LowerPriorityIsForWhatThePreferredPathsCannotCarry) {
  Aggregation paths({{.delay = Milliseconds(10), .rate_bps = 50'000'000},
                     {.id = 1, .priority = 1, .rate_bps = 20'000'000}});
  paths.send_for(Seconds(3), 15'000'000);
  EXPECT_EQ(paths.sent[0], 0u);
  paths.backlog = ~std::uint64_t{0} / 2;
  paths.send_for(Seconds(1));
  EXPECT_GT(paths.sent[0], 5'500'000u);
  EXPECT_GT(paths.sent[1], 7'000'000u);
}

PathChoice choose_beginning(ScheduledPaths& paths, bool is_beginning = true) {
  return paths.selector.choose(paths.views, {.traffic_class = kBulk,
                                             .octets = 8 * kPacket,
                                             .packets = 8,
                                             .is_beginning = is_beginning,
                                             .now = at(paths.now)});
}

TEST(Aggregate, WhatBeginsGoesTwiceWhereThereIsRoomAndLoss) {
  Aggregation paths({{.id = 0, .loss = 0.01}, {.id = 1, .delay = Milliseconds(40)}});
  EXPECT_EQ(choose_beginning(paths).path, 0);
  EXPECT_EQ(choose_beginning(paths).second, 1);
  EXPECT_EQ(choose_beginning(paths, false).second, kNoPathIndex);
}

TEST(Aggregate, CopiesOfBulkCostNothing) {
  const ViewOptions lossy{.id = 0, .loss = 0.01};
  const auto second_of = [](std::initializer_list<ViewOptions> views) {
    Aggregation paths(views);
    return choose_beginning(paths).second;
  };
  EXPECT_EQ(second_of({{.id = 0}, {.id = 1}}), kNoPathIndex) << "nothing is lost";
  EXPECT_EQ(second_of({lossy, {.id = 1, .rate_bps = 50'000'000}}), kNoPathIndex) << "no room";
  EXPECT_EQ(second_of({lossy, {.id = 1, .metered = true}}), kNoPathIndex);
  Aggregation dear({lossy, {.id = 1, .delay = Milliseconds(40)}});
  dear.views[1].preference.cost = 1;
  dear.update();
  EXPECT_EQ(choose_beginning(dear).second, kNoPathIndex);
  Aggregation one_link({lossy, {.id = 1, .delay = Milliseconds(40)}});
  one_link.views[1].group = one_link.views[0].group;
  one_link.update();
  EXPECT_EQ(choose_beginning(one_link).second, kNoPathIndex) << "they would be lost together";
}

}  // namespace
}  // namespace hawser
