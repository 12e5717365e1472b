// SPDX-License-Identifier: Apache-2.0
#include "cli/used_keys.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

EndpointConfig sending_with(std::uint8_t octet, std::uint8_t salt = 0) {
  ManualSa sa;
  sa.key_out.key_and_salt = Secret(36);
  for (std::uint8_t& at : sa.key_out.key_and_salt.bytes()) at = octet;
  sa.key_out.key_and_salt.bytes()[35] = salt;
  PeerConfig peer;
  peer.name = "lab";
  peer.sas.push_back(std::move(sa));
  EndpointConfig config;
  config.peers.push_back(std::move(peer));
  return config;
}

TEST(UsedKeys, AKeyInServiceMayStay) {
  UsedKeys keys;
  EXPECT_EQ(keys.find_reuse(sending_with(1)), "");
  keys.remember(UsedKeys::keys_of(sending_with(1)));
  EXPECT_EQ(keys.find_reuse(sending_with(1)), "");
}

TEST(UsedKeys, AKeyOutOfServiceMayNotComeBack) {
  UsedKeys keys;
  keys.remember(UsedKeys::keys_of(sending_with(1)));
  keys.remember(UsedKeys::keys_of(sending_with(2)));
  EXPECT_EQ(keys.find_reuse(sending_with(1)), "lab");
  EXPECT_EQ(keys.find_reuse(sending_with(1, 9)), "lab") << "another salt does not make it new";
  EXPECT_EQ(keys.find_reuse(sending_with(2)), "");
  keys.remember({});
  EXPECT_EQ(keys.find_reuse(sending_with(2)), "lab");
}

}  // namespace
}  // namespace hawser
