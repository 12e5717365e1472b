// SPDX-License-Identifier: Apache-2.0
// A man in the middle who has no key, at each message of each exchange.
#include <gtest/gtest.h>

#include "ike-lite/ike_message.h"
#include "tests/sim/ike_attack.h"

namespace hawser {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWay = 10ms;

std::string test_name(const testing::TestParamInfo<IkeScene>& info) {
  std::string name = info.param.name;
  for (char& letter : name) letter = letter == ' ' ? '_' : letter;
  return name;
}

class IkeAttacks : public testing::TestWithParam<IkeScene> {
 protected:
  // As if the network carried it.
  static void pass(IkeSimulation& sim, const IkeDatagram& datagram) { sim.inject(datagram, kWay); }
  static void pass(IkeSimulation& sim, const IkeDatagram& datagram, ByteSpan message) {
    sim.inject(with_message(datagram, message), kWay);
  }
  static std::vector<std::uint8_t> copy_of(const IkeDatagram& datagram) {
    return {datagram.message().begin(), datagram.message().end()};
  }
  // Which octets have a meaning of their own: of IKE_SA_INIT all, else the headers, the IV, some of
  // what is encrypted, and the ICV.
  static bool is_of_interest(std::size_t at, std::size_t size) {
    return GetParam().exchange == ExchangeType::kIkeSaInit || at < 41 || at + 17 > size ||
           at % 37 == 0;
  }
  IkeAttack attack_ = make_ike_attack(GetParam());
};

TEST_P(IkeAttacks, FlippedBits) {
  const std::size_t size = messages_of(attack_).at(0).message().size();
  for (std::size_t at = 0; at < size; ++at) {
    if (!is_of_interest(at, size)) continue;
    // Next payload, version, exchange and flags have a meaning bit by bit.
    const unsigned bits = at >= 16 && at < 20 ? 8 : 1;
    for (unsigned bit = 0; bit < bits; ++bit) {
      attack_.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
        std::vector<std::uint8_t> message = copy_of(datagram);
        message[at % message.size()] ^= static_cast<std::uint8_t>(1u << ((at + bit) % 8));
        pass(sim, datagram, message);
      };
      ASSERT_EQ(outcome_of(attack_), "") << "octet " << at << ", bit " << (at + bit) % 8;
    }
  }
}

TEST_P(IkeAttacks, Dropped) {
  attack_.act = [](IkeSimulation&, const IkeDatagram&) {};
  EXPECT_EQ(outcome_of(attack_), "");
}

TEST_P(IkeAttacks, ReplayedLater) {
  attack_.act = [](IkeSimulation& sim, const IkeDatagram& datagram) {
    pass(sim, datagram);
    for (const Duration later : {Duration(20ms), Duration(1s), Duration(7s), Duration(40s)}) {
      sim.inject(datagram, later);
    }
  };
  EXPECT_EQ(outcome_of(attack_), "");
}

TEST_P(IkeAttacks, FromAnotherAddress) {
  attack_.act = [](IkeSimulation& sim, const IkeDatagram& datagram) {
    IkeDatagram elsewhere = datagram;
    elsewhere.source = *TransportAddress::parse("203.0.113.66:4500");
    sim.inject(elsewhere, kWay);
    sim.inject(datagram, 2 * kWay);
  };
  EXPECT_EQ(outcome_of(attack_), "");
}

TEST_P(IkeAttacks, Reflected) {
  // As it is, and with the flags that its sender would expect.
  for (const unsigned flags : {0x00u, 0x08u, 0x20u, 0x28u}) {
    for (const bool also_passes : {false, true}) {
      attack_.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
        std::vector<std::uint8_t> message = copy_of(datagram);
        message[19] ^= static_cast<std::uint8_t>(flags);
        pass(sim, reflected(datagram), message);
        if (also_passes) sim.inject(datagram, 2 * kWay);
      };
      EXPECT_EQ(outcome_of(attack_), "") << "flags ^ " << flags << ", passes " << also_passes;
    }
  }
}

TEST_P(IkeAttacks, OfAnotherRun) {
  const IkeDatagram other = messages_of(make_ike_attack(GetParam(), 77)).at(0);
  for (const std::size_t kept : {0, 8, 16, 28, 32, 40}) {
    attack_.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
      std::vector<std::uint8_t> message = copy_of(other);
      std::copy_n(datagram.message().begin(), kept, message.begin());
      store_be32(message.data() + 24, static_cast<std::uint32_t>(message.size()));
      pass(sim, datagram, message);
    };
    EXPECT_EQ(outcome_of(attack_), "") << "the first " << kept << " octets are kept";
  }
}

// What was said earlier in this run, with the SPIs and the message ID of now.
TEST_P(IkeAttacks, OfAnEarlierMessage) {
  std::vector<IkeDatagram> seen;
  attack_.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
    for (const IkeDatagram& old : seen) {
      std::vector<std::uint8_t> message = copy_of(old);
      std::copy_n(datagram.message().begin(), 16, message.begin());
      std::copy_n(datagram.message().begin() + 20, 4, message.begin() + 20);
      pass(sim, datagram, message);
    }
    if (seen.size() < 10) seen.push_back(datagram);
    if (seen.size() % 3 == 0) sim.inject(datagram, 2 * kWay);
  };
  EXPECT_EQ(outcome_of(attack_), "");
}

TEST_P(IkeAttacks, CutAndLengthened) {
  const std::size_t size = messages_of(attack_).at(0).message().size();
  std::vector<std::size_t> sizes = {0, 1, 27, 28, 29, 32, 33, 40, 41, size / 2};
  for (const std::size_t missing : {17u, 16u, 15u, 1u}) sizes.push_back(size - missing);
  sizes.push_back(size + 1);
  for (const std::size_t wanted : sizes) {
    for (const bool length_fits : {false, true}) {
      attack_.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
        std::vector<std::uint8_t> message = copy_of(datagram);
        message.resize(wanted);
        if (length_fits && wanted >= IkeHeader::kSize) {
          store_be32(message.data() + 24, static_cast<std::uint32_t>(wanted));
        }
        pass(sim, datagram, message);
      };
      EXPECT_EQ(outcome_of(attack_), "") << wanted << " of " << size << ", fits " << length_fits;
    }
  }
}

TEST_P(IkeAttacks, OutOfAllPatience) {
  // Fifty copies of each, some of them late.
  attack_.act = [](IkeSimulation& sim, const IkeDatagram& datagram) {
    for (int i = 0; i < 50; ++i) sim.inject(datagram, kWay + i * 7ms);
  };
  EXPECT_EQ(outcome_of(attack_), "");
}

INSTANTIATE_TEST_SUITE_P(Each, IkeAttacks, testing::ValuesIn(ike_scenes()), test_name);

}  // namespace
}  // namespace hawser
