// SPDX-License-Identifier: Apache-2.0
#include "cli/path_changes.h"

#include <gmock/gmock.h>

namespace hawser {
namespace {

using ::testing::HasSubstr;

const std::vector<PathConfig> kPaths = {
    {.name = "fibre", .interface = "eth0", .preference = {.priority = 10}},
    {.name = "lte", .interface = "wwan0", .preference = {.metered = true}, .gateways = {}},
};
const std::vector<LocalLink> kLinks = {{.index = 2, .name = "eth0"}, {.index = 3, .name = "wlan0"}};

std::vector<PathConfig> change(PathAction action, const std::string& path,
                               std::vector<IpAddress> gateways = {}) {
  auto changed = change_paths({action, path, std::move(gateways)}, kPaths, kLinks);
  EXPECT_TRUE(changed) << changed.error();
  return changed ? *changed : std::vector<PathConfig>();
}

TEST(PathChanges, AreOfAPathByItsNameOrItsInterface) {
  EXPECT_FALSE(change(PathAction::kDisable, "fibre")[0].enabled);
  EXPECT_FALSE(change(PathAction::kDisable, "eth0")[0].enabled);
  EXPECT_EQ(change(PathAction::kDisable, "fibre")[1], kPaths[1]);
  auto paths = kPaths;
  paths[0].enabled = false;
  EXPECT_EQ(*change_paths({PathAction::kEnable, "fibre", {}}, paths, kLinks), kPaths);
}

TEST(PathChanges, InterfaceOfWhichNothingIsSaidGetsAnEntry) {
  const auto paths = change(PathAction::kDisable, "wlan0");
  ASSERT_EQ(paths.size(), 3u);
  EXPECT_EQ(paths[2], (PathConfig{.name = "wlan0", .interface = "wlan0", .enabled = false}));
}

TEST(PathChanges, AddedOneMayComeLater) {
  const auto gateway = *IpAddress::parse("10.64.0.1");
  const auto paths = change(PathAction::kAdd, "usb0", {gateway});
  ASSERT_EQ(paths.size(), 3u);
  EXPECT_EQ(paths[2].interface, "usb0");
  EXPECT_TRUE(paths[2].enabled);
  EXPECT_EQ(paths[2].gateways, std::vector{gateway});
}

TEST(PathChanges, RemovedOneIsNotUsedAndForgotten) {
  const auto paths = change(PathAction::kRemove, "lte");
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[1], (PathConfig{.name = "lte", .interface = "wwan0", .enabled = false}))
      << "else it would be used again, as any interface is";
}

TEST(PathChanges, PreferredOneIsAboveAllOthersAlsoUnnamedOnes) {
  EXPECT_EQ(change(PathAction::kPrefer, "lte")[1].preference.priority, 11);
  EXPECT_EQ(change(PathAction::kPrefer, "fibre")[0].preference.priority, 10) << "it was already";
  EXPECT_EQ(change_paths({PathAction::kPrefer, "wlan0", {}}, {}, kLinks)->at(0).preference.priority,
            1);
}

TEST(PathChanges, WhatIsNotThereIsASentence) {
  const auto changed = change_paths({PathAction::kEnable, "dsl", {}}, kPaths, kLinks);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error(), "`dsl` is no path and no interface; there are fibre, lte, wlan0");
  const auto odd = change_paths({PathAction::kAdd, "../x", {}}, kPaths, kLinks);
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error(), HasSubstr("can't name an interface"));
}

TEST(PathChanges, ActionsHaveNames) {
  EXPECT_EQ(parse_path_action("prefer"), PathAction::kPrefer);
  EXPECT_EQ(parse_path_action("remove"), PathAction::kRemove);
  EXPECT_FALSE(parse_path_action("Add"));
  EXPECT_FALSE(parse_path_action(""));
}

}  // namespace
}  // namespace hawser
