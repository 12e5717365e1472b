// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_saver.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/cli/slow_disk.h"

namespace hawser {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SequenceSaverTest : public ::testing::Test {
 protected:
  void save(const std::string& text) {
    saver_->save(text, [this, text](const SequenceSaver::Saved& saved) {
      told_.push_back(text + (saved ? " saved" : " " + saved.error()));
    });
  }

  SlowDisk disk_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EpollEventLoop::open());
  std::unique_ptr<SequenceSaver> saver_ = disk_.open_saver(*loop_);
  std::vector<std::string> told_;
};

TEST_F(SequenceSaverTest, TellsWhenTheTextIsOnDiskAndNotBefore) {
  save("a");
  EXPECT_TRUE(disk_.wait_for_writes(1));
  for (int i = 0; i < 20; ++i) loop_->run_once(Milliseconds(1));
  EXPECT_THAT(told_, IsEmpty()) << "the write has not returned";
  disk_.finish_one();
  EXPECT_TRUE(run_until(*loop_, [&] { return !told_.empty(); }));
  EXPECT_THAT(told_, ElementsAre("a saved"));
  EXPECT_THAT(disk_.written(), ElementsAre("a"));
}

TEST_F(SequenceSaverTest, ASlowDiskStopsNobody) {
  save("a");
  ASSERT_TRUE(disk_.wait_for_writes(1));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) save(std::to_string(i));
  loop_->run_once(Duration(0));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_THAT(told_, IsEmpty());
  disk_.finish_all();
  ASSERT_TRUE(run_until(*loop_, [&] { return told_.size() == 1001; }));
  EXPECT_THAT(disk_.written(), ElementsAre("a", "999")) << "the last text has all before it";
  EXPECT_EQ(told_.front(), "a saved");
  EXPECT_EQ(told_[1], "0 saved");
  EXPECT_EQ(told_.back(), "999 saved");
}

TEST_F(SequenceSaverTest, WhatWasAskedForDuringAWriteIsNotToldByIt) {
  save("a");
  ASSERT_TRUE(disk_.wait_for_writes(1));
  save("b");
  disk_.finish_one();
  ASSERT_TRUE(run_until(*loop_, [&] { return !told_.empty(); }));
  EXPECT_THAT(told_, ElementsAre("a saved"));
  ASSERT_TRUE(disk_.wait_for_writes(2));
  disk_.finish_one();
  ASSERT_TRUE(run_until(*loop_, [&] { return told_.size() == 2; }));
  EXPECT_THAT(told_, ElementsAre("a saved", "b saved"));
}

TEST_F(SequenceSaverTest, AFailureIsToldToWhoAskedAndTheNextWriteIsTried) {
  disk_.fail(true);
  save("a");
  ASSERT_TRUE(disk_.wait_for_writes(1));
  save("b");
  disk_.finish_one();
  ASSERT_TRUE(run_until(*loop_, [&] { return told_.size() == 1; }));
  disk_.fail(false);
  disk_.finish_all();
  ASSERT_TRUE(run_until(*loop_, [&] { return told_.size() == 2; }));
  EXPECT_THAT(told_, ElementsAre("a the disk is full", "b saved"));
}

TEST_F(SequenceSaverTest, SavesAgainFromWithinTheAnswer) {
  disk_.finish_all();
  int answers = 0;
  SequenceSaver::Done again;
  again = [&](const SequenceSaver::Saved&) {
    if (++answers < 50) saver_->save(std::to_string(answers), again);
  };
  saver_->save("0", again);
  ASSERT_TRUE(run_until(*loop_, [&] { return answers == 50; }));
  EXPECT_EQ(disk_.written().size(), 50u);
}

TEST_F(SequenceSaverTest, TheEndWaitsForTheWriteThatRunsAndTellsNobody) {
  save("a");
  save("b");
  ASSERT_TRUE(disk_.wait_for_writes(1));
  std::thread slow([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    disk_.finish_one();
  });
  saver_.reset();
  EXPECT_THAT(disk_.written(), ElementsAre("a"));
  slow.join();
  loop_->run_once(Duration(0));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SequenceSaverTest, EndsWithoutHavingWritten) {
  saver_.reset();
  EXPECT_THAT(disk_.written(), IsEmpty());
}

}  // namespace
}  // namespace hawser
