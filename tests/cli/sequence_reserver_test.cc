// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_reserver.h"

#include <gmock/gmock.h>

#include "tests/cli/slow_disk.h"
#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Fingerprint kKey{1};
constexpr Fingerprint kOther{2};

ReserveRequested outbound(const Fingerprint& key, std::uint64_t mark) {
  return {PeerId(1), Spi(0x100u + key[0]), SaDirection::kOutbound, key, SequenceNumber(mark)};
}

class SequenceReserverTest : public ::testing::Test {
 protected:
  TempDir dir_;
  SlowDisk disk_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EpollEventLoop::open());
  SequenceStore store_ = std::move(*SequenceStore::open(dir_.file("state/hw0")));
  std::unique_ptr<SequenceSaver> saver_ = disk_.open_saver(*loop_);
  std::vector<std::uint64_t> reserved_;
  SequenceReserver reserver_{store_, *saver_, [this](const auto& requests) {
                               for (const auto& request : requests) {
                                 EXPECT_THAT(
                                     disk_.written().back(),
                                     HasSubstr(" " + std::to_string(request.mark.value()) + "\n"))
                                     << "told before the disk knew";
                                 reserved_.push_back(request.mark.value());
                               }
                             }};
};

TEST_F(SequenceReserverTest, AMarkCountsWhenItIsOnDisk) {
  reserver_.request({outbound(kKey, 1000)});
  ASSERT_TRUE(disk_.wait_for_writes(1));
  reserver_.request({outbound(kKey, 2000), outbound(kOther, 77)});
  for (int i = 0; i < 20; ++i) loop_->run_once(Milliseconds(1));
  EXPECT_THAT(reserved_, IsEmpty());
  disk_.finish_one();
  ASSERT_TRUE(run_until(*loop_, [&] { return !reserved_.empty(); }));
  EXPECT_THAT(reserved_, ElementsAre(1000));
  EXPECT_THAT(disk_.written().front(), Not(HasSubstr(" 2000\n")));
  disk_.finish_all();
  ASSERT_TRUE(run_until(*loop_, [&] { return reserved_.size() == 3; }));
  EXPECT_THAT(reserved_, ElementsAre(1000, 2000, 77));
}

TEST_F(SequenceReserverTest, AskingAgainTakesNoRoom) {
  reserver_.request({outbound(kKey, 1)});
  ASSERT_TRUE(disk_.wait_for_writes(1));
  for (std::uint64_t mark = 2; mark <= 1000; ++mark) reserver_.request({outbound(kKey, mark)});
  reserver_.request({outbound(kKey, 5)});
  disk_.finish_all();
  ASSERT_TRUE(run_until(*loop_, [&] { return reserved_.size() >= 2; }));
  EXPECT_THAT(reserved_, ElementsAre(1, 1000));
  EXPECT_EQ(disk_.written().size(), 2u);
}

TEST_F(SequenceReserverTest, WhatIsNotOnDiskIsNotReserved) {
  disk_.fail(true);
  disk_.finish_one();
  reserver_.request({outbound(kKey, 1000)});
  ASSERT_TRUE(disk_.wait_for_writes(1));
  for (int i = 0; i < 50; ++i) loop_->run_once(Milliseconds(1));
  EXPECT_THAT(reserved_, IsEmpty());
  disk_.fail(false);
  disk_.finish_all();
  reserver_.request({outbound(kKey, 1001)});
  ASSERT_TRUE(run_until(*loop_, [&] { return !reserved_.empty(); }));
  EXPECT_THAT(reserved_, ElementsAre(1001));
}

}  // namespace
}  // namespace hawser
