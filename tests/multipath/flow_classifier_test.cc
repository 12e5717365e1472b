// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_classifier.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/multipath/path_views.h"

namespace hawser {
namespace {

using testing::at;
using enum TrafficClass;

constexpr FlowInfo kVoice{.hash = 1,
                          .protocol = 17,
                          .has_ports = true,
                          .source_port = 30000,
                          .destination_port = 31000,
                          .size = 200};
constexpr FlowInfo kSsh{.hash = 2,
                        .protocol = 6,
                        .has_ports = true,
                        .source_port = 50000,
                        .destination_port = 22,
                        .size = 100};
constexpr FlowInfo kWeb{.hash = 3,
                        .protocol = 6,
                        .has_ports = true,
                        .source_port = 443,
                        .destination_port = 50000,
                        .size = 1500};

// A flow's packets, one after the other.
class Stream {
 public:
  Stream(FlowClassifier& classifier, const FlowInfo& first)
      : classifier_(classifier), info(first) {}

  // `count` packets, each `spacing` after the one before; the class of the last.
  TrafficClass send(int count, Duration spacing) {
    TrafficClass traffic_class{};
    for (int i = 0; i < count; ++i) {
      time_ += spacing;
      traffic_class = classifier_.classify(info, at(time_)).traffic_class;
    }
    return traffic_class;
  }

 private:
  FlowClassifier& classifier_;
  Duration time_{0};

 public:
  FlowInfo info;
};

TrafficClass class_of_one(FlowInfo info, std::uint8_t dscp) {
  FlowClassifier classifier({});
  info.dscp = dscp;
  return classifier.classify(info, at(Seconds(0))).traffic_class;
}

TEST(FlowClassifier, TheMarkSaysTheClass) {
  for (const int dscp : {40, 44, 46}) {
    EXPECT_EQ(class_of_one(kWeb, static_cast<std::uint8_t>(dscp)), kRealTime) << dscp;
  }
  for (const int dscp : {16, 24, 32, 34, 36, 38, 48}) {
    EXPECT_EQ(class_of_one(kWeb, static_cast<std::uint8_t>(dscp)), kInteractive) << dscp;
  }
  for (const int dscp : {1, 8}) {
    EXPECT_EQ(class_of_one(kSsh, static_cast<std::uint8_t>(dscp)), kBulk) << dscp;
  }
  for (const int dscp : {0, 10, 26}) {
    EXPECT_EQ(class_of_one(kWeb, static_cast<std::uint8_t>(dscp)), kBulk) << dscp;
  }
}

TEST(FlowClassifier, WhatIsWaitedForIsInteractive) {
  EXPECT_EQ(class_of_one({.protocol = 1, .size = 84}, 0), kInteractive);
  EXPECT_EQ(class_of_one({.protocol = 58, .size = 104}, 0), kInteractive);
  EXPECT_EQ(class_of_one(kSsh, 0), kInteractive);
  FlowInfo dns = kVoice;
  dns.destination_port = 53;
  dns.size = 1200;
  EXPECT_EQ(class_of_one(dns, 0), kInteractive);
  dns.destination_port = 54;
  EXPECT_EQ(class_of_one(dns, 0), kBulk);
}

TEST(FlowClassifier, ARuleComesBeforeTheMarkAndTheFirstCounts) {
  FlowClassifier classifier({.rules = {{*FlowMatch::parse("tcp:443"), kInteractive},
                                       {*FlowMatch::parse("tcp"), kRealTime}}});
  FlowInfo web = kWeb;
  web.dscp = 46;
  EXPECT_EQ(classifier.classify(web, at(Seconds(0))).traffic_class, kInteractive);
  EXPECT_EQ(classifier.classify(kSsh, at(Seconds(0))).traffic_class, kRealTime);
  EXPECT_EQ(classifier.classify(kVoice, at(Seconds(0))).traffic_class, kInteractive);
}

TEST(FlowClassifier, RuledFlowsKeepTheirClassHoweverLargeTheyAre) {
  FlowClassifier classifier({.rules = {{*FlowMatch::parse("tcp:443"), kRealTime}}});
  EXPECT_EQ(Stream(classifier, kWeb).send(10'000, std::chrono::microseconds(100)), kRealTime);
}

TEST(FlowClassifier, AnUnmarkedCallBecomesRealTimeWithinTwoSeconds) {
  FlowClassifier classifier({});
  classifier.set_spread(Milliseconds(300));  // it has no idle gap at all
  Stream call(classifier, kVoice);
  EXPECT_EQ(call.send(40, Milliseconds(20)), kInteractive);
  EXPECT_EQ(call.send(60, Milliseconds(20)), kRealTime);
  EXPECT_EQ(call.send(1, Seconds(3)), kRealTime) << "somebody was silent";
}

TEST(FlowClassifier, UnevenOrLargeOrTcpIsNoCall) {
  FlowClassifier classifier({});
  Stream uneven(classifier, kVoice);
  for (int i = 0; i < 100; ++i) {
    uneven.send(9, Milliseconds(1));
    EXPECT_EQ(uneven.send(1, Milliseconds(90)), kInteractive);
  }
  FlowInfo info = kVoice;
  info.hash = 10;
  info.size = 1200;
  EXPECT_EQ(Stream(classifier, info).send(500, Milliseconds(20)), kBulk);
  info = kSsh;
  info.hash = 11;
  EXPECT_EQ(Stream(classifier, info).send(500, Milliseconds(20)), kInteractive);
}

TEST(FlowClassifier, OnlyUnder200KilobitsIsACall) {
  FlowClassifier classifier({});
  // 200 octets each 7 ms are 229 kbit/s, each 10 ms 160 kbit/s.
  EXPECT_EQ(Stream(classifier, kVoice).send(3000, Milliseconds(7)), kInteractive);
  FlowInfo info = kVoice;
  info.hash = 12;
  EXPECT_EQ(Stream(classifier, info).send(3000, Milliseconds(10)), kRealTime);
}

TEST(FlowClassifier, ACallThatGrowsIsNoneAnyMoreAtOnce) {
  FlowClassifier classifier({});
  Stream call(classifier, kVoice);
  ASSERT_EQ(call.send(100, Milliseconds(20)), kRealTime);
  call.info.size = 1200;
  EXPECT_EQ(call.send(1, Milliseconds(20)), kRealTime) << "one large packet is none";
  EXPECT_EQ(call.send(30, Milliseconds(1)), kInteractive);
  EXPECT_EQ(call.send(60, Milliseconds(1)), kBulk);
}

TEST(FlowClassifier, AFileOverSshIsBulkUntilSomebodyTypesAgain) {
  FlowClassifier classifier({});
  Stream ssh(classifier, kSsh);
  EXPECT_EQ(ssh.send(20, Milliseconds(200)), kInteractive);
  ssh.info.size = 60'000;
  EXPECT_EQ(ssh.send(2, Milliseconds(1)), kBulk);
  ssh.info.size = 100;
  EXPECT_EQ(ssh.send(1, Milliseconds(200)), kBulk) << "the run before was large";
  EXPECT_EQ(ssh.send(3, Milliseconds(200)), kInteractive);
}

TEST(FlowClassifier, ATransferIsBulkFromItsFirstPacketOn) {
  FlowClassifier classifier({});
  FlowInfo info = kWeb;
  info.size = 60;
  Stream transfer(classifier, info);
  EXPECT_EQ(transfer.send(1, Milliseconds(0)), kBulk);
  transfer.info.size = 15'000;
  // Slow start: a burst each round trip.
  for (int burst = 2; burst < 20; burst *= 2) {
    EXPECT_EQ(transfer.send(1, Milliseconds(150)), kBulk);
    EXPECT_EQ(transfer.send(burst, std::chrono::microseconds(50)), kBulk);
  }
}

// A round trip is longer than an idle gap, and losses keep the window small.
TEST(FlowClassifier, ATransferThatIsHeldUpByItsWindowStaysBulk) {
  FlowClassifier classifier({});
  Stream transfer(classifier, kWeb);
  transfer.info.last_size = 1500;
  for (int burst = 0; burst < 20; ++burst) {
    EXPECT_EQ(transfer.send(4, std::chrono::microseconds(50)), kBulk);
    EXPECT_EQ(transfer.send(1, Milliseconds(150)), kBulk);
  }
  FlowInfo info = kWeb;
  info.hash = 9;
  Stream answers(classifier, info);
  for (int answer = 0; answer < 4; ++answer) {
    answers.info.last_size = 1500;
    answers.send(1, Milliseconds(150));
    answers.info.last_size = 700;
    answers.send(1, std::chrono::microseconds(50));
  }
  EXPECT_EQ(answers.send(1, Milliseconds(150)), kInteractive) << "each ends by itself";
}

TEST(FlowClassifier, AFlowBeginsUntilItIsLargeAndAgainBehindAnIdleGap) {
  FlowClassifier classifier({});
  FlowInfo info = kWeb;
  info.size = 60'000;
  const auto begins_at = [&](Duration time) {
    return classifier.classify(info, at(time)).is_beginning;
  };
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(begins_at(i * Milliseconds(1))) << i;
  for (int i = 60; i < 100; ++i) begins_at(i * Milliseconds(1));
  EXPECT_FALSE(begins_at(Milliseconds(150)));
  EXPECT_TRUE(begins_at(Milliseconds(300)));
}

TEST(FlowClassifier, AMarkThatChangesCountsBehindAnIdleGap) {
  FlowClassifier classifier({});
  classifier.set_spread(Milliseconds(250));
  FlowInfo info = kWeb;
  info.dscp = 46;
  Stream stream(classifier, info);
  EXPECT_EQ(stream.send(3, Milliseconds(5)), kRealTime);
  stream.info.dscp = 8;
  EXPECT_EQ(stream.send(5, Milliseconds(5)), kRealTime);
  EXPECT_EQ(stream.send(1, Milliseconds(250)), kRealTime) << "as long as the spread is no gap";
  EXPECT_EQ(stream.send(1, Milliseconds(251)), kBulk);
}

TEST(FlowClassifier, NewRulesCountBehindAnIdleGap) {
  FlowClassifier classifier({});
  Stream stream(classifier, kWeb);
  EXPECT_EQ(stream.send(3, Milliseconds(5)), kBulk);
  classifier.set_rules({{*FlowMatch::parse("tcp:443"), kInteractive}});
  EXPECT_EQ(stream.send(3, Milliseconds(5)), kBulk);
  EXPECT_EQ(stream.send(1, Milliseconds(101)), kInteractive);
  classifier.set_rules({});
  EXPECT_EQ(stream.send(1, Milliseconds(50)), kInteractive);
  EXPECT_EQ(stream.send(1, Milliseconds(101)), kBulk);
}

TEST(FlowClassifier, AFlowKeepsItsBucketAndFlowsUseAll) {
  FlowClassifier classifier({.bucket_mask = 0x3f});
  std::set<std::uint16_t> buckets;
  // The flows of one of four workers.
  for (std::uint32_t i = 0; i < 1000; ++i) {
    FlowInfo info = kVoice;
    info.hash = i * 4 + 1;
    const std::uint16_t bucket = classifier.classify(info, at(Seconds(0))).bucket;
    EXPECT_LT(bucket, 64);
    info.dscp = 8;
    EXPECT_EQ(classifier.classify(info, at(Seconds(10))).bucket, bucket);
    buckets.insert(bucket);
  }
  EXPECT_EQ(buckets.size(), 64u);
}

TEST(FlowClassifier, ABusyFlowIsRememberedWhileOthersComeAndGo) {
  FlowClassifier classifier({});
  Stream call(classifier, kVoice);
  ASSERT_EQ(call.send(100, Milliseconds(20)), kRealTime);
  FlowInfo other = kWeb;
  for (int i = 0; i < 1000; ++i) {
    for (int j = 0; j < 40; ++j) {
      other.hash = other.hash * 1664525 + 1013904223;
      classifier.classify(other, at(Seconds(2) + i * Milliseconds(20)));
    }
    ASSERT_EQ(call.send(1, Milliseconds(20)), kRealTime) << i;
  }
}

}  // namespace
}  // namespace hawser
