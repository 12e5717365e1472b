// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_store.h"

#include <gmock/gmock.h>

#include "tests/cli/test_support.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

constexpr Fingerprint kKey{1, 2, 3};
constexpr Fingerprint kOther{9, 8, 7};

class SequenceStoreTest : public ::testing::Test {
 protected:
  SequenceStore open() {
    auto store = SequenceStore::open(directory());
    if (!store) throw std::runtime_error(store.error().what);
    return std::move(*store);
  }
  std::string open_error() {
    const auto store = SequenceStore::open(directory());
    return store ? "" : store.error().what;
  }
  std::string directory() const { return dir_.file("state/hw0"); }
  std::string file() const { return directory() + "/sequence"; }
  static EndpointConfig config() {
    EndpointConfig config;
    config.peers.push_back({.name = "far"});
    ManualSa sa;
    sa.key_in.key_and_salt = Secret(36);
    sa.key_out.key_and_salt = Secret(36);
    sa.key_in.key_and_salt.bytes()[0] = 1;
    config.peers[0].sas.push_back(std::move(sa));
    return config;
  }

  TempDir dir_;
};

TEST_F(SequenceStoreTest, KeepsMarksPerKeyAndDirection) {
  {
    SequenceStore store = open();
    store.raise(SaDirection::kInbound, kKey, SequenceNumber(5));
    store.raise(SaDirection::kOutbound, kKey, SequenceNumber(UINT64_MAX));
    store.raise(SaDirection::kOutbound, kOther, SequenceNumber(0));
    ASSERT_TRUE(store.save());
  }
  const SequenceStore store = open();
  EXPECT_EQ(store.find(SaDirection::kInbound, kKey), SequenceNumber(5));
  EXPECT_EQ(store.find(SaDirection::kOutbound, kKey), SequenceNumber(UINT64_MAX));
  EXPECT_EQ(store.find(SaDirection::kOutbound, kOther), SequenceNumber(0));
  EXPECT_FALSE(store.find(SaDirection::kInbound, kOther));
}

TEST_F(SequenceStoreTest, MarksOnlyGrow) {
  SequenceStore store = open();
  store.raise(SaDirection::kInbound, kKey, SequenceNumber(500));
  store.raise(SaDirection::kInbound, kKey, SequenceNumber(499));
  EXPECT_EQ(store.find(SaDirection::kInbound, kKey), SequenceNumber(500));
}

TEST_F(SequenceStoreTest, OnlyTheOwnerCanReadIt) {
  SequenceStore store = open();
  ASSERT_TRUE(store.save());
  struct stat info {};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  ASSERT_EQ(stat(directory().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  EXPECT_FALSE(std::filesystem::exists(file() + ".new"));
}

TEST_F(SequenceStoreTest, TwoAtATimeAreRefused) {
  const SequenceStore store = open();
  EXPECT_THAT(open_error(), HasSubstr("another daemon uses"));
}

TEST_F(SequenceStoreTest, EveryDamageIsNoticed) {
  {
    SequenceStore store = open();
    store.raise(SaDirection::kInbound, kKey, SequenceNumber(12345));
    ASSERT_TRUE(store.save());
  }
  const std::string text = read_text(file());
  for (std::size_t size = 0; size < text.size(); ++size) {
    dir_.write("state/hw0/sequence", text.substr(0, size));
    EXPECT_THAT(open_error(), HasSubstr(file() + " is damaged")) << size;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string damaged = text;
    damaged[at] ^= 1;
    dir_.write("state/hw0/sequence", damaged);
    EXPECT_THAT(open_error(), HasSubstr("is damaged")) << at;
  }
  dir_.write("state/hw0/sequence", text + text);
  EXPECT_THAT(open_error(), HasSubstr("is damaged"));
  dir_.write("state/hw0/sequence", text);
  EXPECT_EQ(open_error(), "");
}

TEST_F(SequenceStoreTest, AnUnknownKeyNeedsAFirstUse) {
  SequenceStore store = open();
  EndpointConfig wanted = config();
  const auto refused = reserve_sequences(wanted, store, false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("[sa.far]"));
  EXPECT_THAT(refused.error(), HasSubstr(file()));
  EXPECT_THAT(refused.error(), HasSubstr("--first-use"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_TRUE(reserve_sequences(wanted, store, true));
  EXPECT_TRUE(reserve_sequences(wanted, store, false));
  EXPECT_FALSE(std::filesystem::exists(file())) << "who calls it says when it is saved";
}

TEST_F(SequenceStoreTest, EachStartGoesOnBehindTheLast) {
  std::uint64_t used_in = 0;
  std::uint64_t used_out = 0;
  for (int life = 0; life < 4; ++life) {
    SequenceStore store = open();
    EndpointConfig wanted = config();
    ASSERT_TRUE(reserve_sequences(wanted, store, life == 0));
    ASSERT_TRUE(store.save());
    const ManualSa& sa = wanted.peers[0].sas[0];
    EXPECT_EQ(sa.floor_in.value(), used_in);
    EXPECT_EQ(sa.first_out.value(), used_out + 1);
    used_in = sa.reserved_in->value();
    used_out = sa.reserved_out->value();
    EXPECT_GT(used_in, sa.floor_in.value());
    EXPECT_GT(used_out, sa.first_out.value());
  }
  const std::string text = read_text(file());
  EXPECT_THAT(text, HasSubstr(" " + std::to_string(used_in) + "\n"));
  EXPECT_THAT(text, HasSubstr(" " + std::to_string(used_out) + "\n"));
}

TEST_F(SequenceStoreTest, WhatCannotBeWrittenIsAnError) {
  SequenceStore store = open();
  ASSERT_TRUE(std::filesystem::create_directory(file() + ".new"));
  const auto saved = store.save();
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error(), HasSubstr(file()));
}

}  // namespace
}  // namespace hawser
