// SPDX-License-Identifier: Apache-2.0
// Messages that need fragments (RFC 7383), and a man in the middle who mixes them.
#include <gtest/gtest.h>

#include <map>

#include "ike-lite/ike_message.h"
#include "tests/sim/ike_attack.h"

namespace hawser {
namespace {

constexpr Duration kWay = Milliseconds(10);
constexpr std::size_t kNumberOffset = 32;  // of the fragment; its total follows
constexpr std::size_t kTotalOffset = 34;

std::vector<IkeScene> fragmented_scenes() {
  std::vector<IkeScene> scenes;
  for (const IkeScene& scene : ike_scenes()) {
    const bool has_selectors = scene.exchange == ExchangeType::kIkeAuth ||
                               (scene.exchange == ExchangeType::kCreateChildSa &&
                                scene.cause == IkeScene::Cause::kChildRekey);
    if (has_selectors) scenes.push_back(scene);
  }
  return scenes;
}

std::uint16_t fragment_of(const IkeDatagram& datagram) {
  return load_be16(datagram.message().data() + kNumberOffset);
}

IkeDatagram with_number(IkeDatagram datagram, std::size_t offset, std::uint16_t value) {
  store_be16(datagram.message().data() + offset, value);
  return datagram;
}

class IkeFragments : public testing::TestWithParam<IkeScene> {
 protected:
  IkeFragments() { attack_.left.extra_networks = attack_.right.extra_networks = 60; }
  std::string outcome_with(std::function<void(IkeSimulation&, const IkeDatagram&)> act) {
    attack_.act = std::move(act);
    return outcome_of(attack_);
  }
  IkeAttack attack_ = make_ike_attack(GetParam());
};

TEST_P(IkeFragments, ThereAreSome) {
  const std::vector<IkeDatagram> messages = messages_of(attack_);
  ASSERT_GE(messages.size(), 2u);
  EXPECT_TRUE(EncryptedPart::parse(messages[0].message())->is_fragment);
  EXPECT_EQ(fragment_of(messages[1]), 2);
}

TEST_P(IkeFragments, InReverseOrder) {
  EXPECT_EQ(outcome_with([](IkeSimulation& sim, const IkeDatagram& datagram) {
              sim.inject(datagram, fragment_of(datagram) == 1 ? 3 * kWay : kWay);
            }),
            "");
}

TEST_P(IkeFragments, OneNeverArrives) {
  for (const unsigned missing : {1u, 2u}) {
    EXPECT_EQ(outcome_with([missing](IkeSimulation& sim, const IkeDatagram& datagram) {
                if (fragment_of(datagram) != missing) sim.inject(datagram, kWay);
              }),
              "");
  }
}

TEST_P(IkeFragments, NumbersAndTotalsChanged) {
  for (const std::size_t offset : {kNumberOffset, kTotalOffset}) {
    for (const unsigned value : {0u, 1u, 2u, 3u, 64u, 65u, 0xffffu}) {
      EXPECT_EQ(outcome_with([=](IkeSimulation& sim, const IkeDatagram& datagram) {
                  sim.inject(with_number(datagram, offset, static_cast<std::uint16_t>(value)),
                             kWay);
                  if (fragment_of(datagram) == 1) sim.inject(datagram, 2 * kWay);
                }),
                "")
          << "at " << offset << ": " << value;
    }
  }
}

TEST_P(IkeFragments, OneOfThemOfAnotherRun) {
  IkeAttack elsewhere = make_ike_attack(GetParam(), 99);
  elsewhere.left.extra_networks = elsewhere.right.extra_networks = 60;
  const std::vector<IkeDatagram> others = messages_of(elsewhere);
  for (const unsigned replaced : {1u, 2u}) {
    EXPECT_EQ(outcome_with([&](IkeSimulation& sim, const IkeDatagram& datagram) {
                if (fragment_of(datagram) != replaced) return sim.inject(datagram, kWay);
                std::vector<std::uint8_t> message(others[replaced - 1].message().begin(),
                                                  others[replaced - 1].message().end());
                std::copy_n(datagram.message().begin(), IkeHeader::kSize - 4, message.begin());
                sim.inject(with_message(datagram, message), kWay);
              }),
              "")
        << replaced;
  }
}

// A fragment of what was said before, in place of the same one of now.
TEST_P(IkeFragments, OneOfThemOfAnEarlierMessage) {
  std::map<unsigned, IkeDatagram> first;
  EXPECT_EQ(outcome_with([&](IkeSimulation& sim, const IkeDatagram& datagram) {
              const unsigned number = fragment_of(datagram);
              const bool is_new = first.emplace(number, datagram).second;
              sim.inject(number == 2 && !is_new ? first.at(2) : datagram, kWay);
            }),
            "");
}

TEST_P(IkeFragments, ManyTimesAndMixed) {
  EXPECT_EQ(outcome_with([](IkeSimulation& sim, const IkeDatagram& datagram) {
              for (int i = 0; i < 20; ++i) sim.inject(datagram, kWay + i * Milliseconds(3));
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Each, IkeFragments, testing::ValuesIn(fragmented_scenes()),
                         [](const auto& of) {
                           std::string name = of.param.name;
                           for (char& letter : name) letter = letter == ' ' ? '_' : letter;
                           return name;
                         });

}  // namespace
}  // namespace hawser
