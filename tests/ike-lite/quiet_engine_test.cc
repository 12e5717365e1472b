// SPDX-License-Identifier: Apache-2.0
// What an engine in quiet mode says to somebody who does not know its key, or who has only recorded
// a message of somebody who does: nothing.
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

class QuietEngine : public ::testing::Test {
 protected:
  QuietEngine() {
    pair_.right.local.quiet = true;
    pair_.lose = [this](const Datagram& datagram) {
      if (datagram.from == "left") from_left_.push_back(datagram.bytes);
      return false;
    };
  }

  // How much the quiet end sends because of this from there.
  std::uint64_t answers_to(std::vector<std::uint8_t> datagram, const char* from) {
    const std::uint64_t before = pair_.right.engine->counters().sent;
    pair_.deliver(pair_.right,
                  {.local = {pair_.right.address, 4500}, .remote = *TransportAddress::parse(from)},
                  std::move(datagram));
    return pair_.right.engine->counters().sent - before;
  }
  bool is_half_open() const { return pair_.right.engine->counters().half_open == 1; }

  EnginePair pair_;
  std::vector<std::vector<std::uint8_t>> from_left_;
};

constexpr const char* kElsewhere = "198.51.100.7:4500";

TEST_F(QuietEngine, ARecordedRequestIsAnsweredWhereItCameFromOnly) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until([this] { return is_half_open(); }));
  const std::vector<std::uint8_t> request = from_left_.at(0);
  EXPECT_EQ(answers_to(request, "192.0.2.1:4500"), 1u) << "a retransmission";
  EXPECT_EQ(answers_to(request, kElsewhere), 0u);

  ASSERT_TRUE(pair_.run_until_established());
  EXPECT_EQ(answers_to(request, kElsewhere), 0u);
  for (int minute = 1; minute < 6; ++minute) {
    pair_.run_for(Seconds(60));
    EXPECT_EQ(answers_to(request, kElsewhere), 0u) << minute;
  }
  EXPECT_EQ(pair_.right.engine->counters().ike_sas, 1u);
}

TEST_F(QuietEngine, AProtectedMessageIsNotAnsweredElsewhereEither) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until([this] { return from_left_.size() == 2; }));
  std::vector<std::uint8_t> forged = from_left_[1];
  forged.back() ^= 1;
  EXPECT_EQ(answers_to(forged, kElsewhere), 0u);
  ASSERT_TRUE(pair_.run_until_established());
  pair_.expect_children_match();
}

TEST_F(QuietEngine, SilenceToWhatCannotBeUnderstood) {
  pair_.start();
  ASSERT_TRUE(pair_.run_until([this] { return is_half_open(); }));
  const std::vector<std::uint8_t> request = from_left_.at(0);
  constexpr std::size_t kMarker = 4;
  for (std::size_t size = kMarker; size < request.size(); ++size) {
    std::vector<std::uint8_t> cut(request.begin(),
                                  request.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(answers_to(cut, kElsewhere), 0u) << size;
    if (size < kMarker + 28) continue;
    store_be32(cut.data() + kMarker + 24, static_cast<std::uint32_t>(size - kMarker));
    EXPECT_EQ(answers_to(cut, kElsewhere), 0u) << size;
  }
  for (std::size_t i = kMarker; i < request.size(); ++i) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      std::vector<std::uint8_t> changed = request;
      changed[i] ^= static_cast<std::uint8_t>(change);
      EXPECT_EQ(answers_to(changed, kElsewhere), 0u) << i;
    }
  }
  ASSERT_TRUE(pair_.run_until_established());
}

}  // namespace
}  // namespace hawser
