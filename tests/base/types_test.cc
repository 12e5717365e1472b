// SPDX-License-Identifier: Apache-2.0
// The small types: Strong, Result, Counter, Random, TunnelClock.
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

#include "base/counter.h"
#include "base/random.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"

namespace hawser {
namespace {

using Metres = Strong<struct MetresTag, std::uint32_t>;
using Seats = Strong<struct SeatsTag, std::uint32_t>;

static_assert(!std::is_convertible_v<std::uint32_t, Metres>);
static_assert(!std::is_convertible_v<Metres, std::uint32_t>);
static_assert(!std::is_convertible_v<Metres, Seats>);
static_assert(!std::is_constructible_v<Metres, Seats>);
static_assert(sizeof(Metres) == sizeof(std::uint32_t));

TEST(Strong, ComparesAndHashes) {
  EXPECT_EQ(Metres(), Metres(0));
  EXPECT_LT(Metres(1), Metres(2));
  EXPECT_EQ(Metres(7).value(), 7u);
  const std::unordered_set<Metres> set = {Metres(1), Metres(2), Metres(1)};
  EXPECT_EQ(set.size(), 2u);
}

enum class Trouble { kEmpty, kLong };

Result<int, Trouble> length(const std::string& text) {
  if (text.empty()) return failure(Trouble::kEmpty);
  if (text.size() > 3) return failure(Trouble::kLong);
  return static_cast<int>(text.size());
}

TEST(Result, IsAValueOrAnError) {
  EXPECT_EQ(length("abc"), 3);
  EXPECT_EQ(length("").error(), Trouble::kEmpty);
  EXPECT_EQ(length("abcd").error(), Trouble::kLong);
  EXPECT_EQ(length("ab").map([](int n) { return n * 2; }), 4);
}

TEST(Result, CarriesASentence) {
  const Result<void, std::string> result = failure(std::string("the file is gone"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "the file is gone");
}

TEST(Counter, AddsAndCopies) {
  Counter counter;
  counter.add();
  counter.add(41);
  const Counter copy = counter;
  counter.add();
  EXPECT_EQ(copy.value(), 42u);
  EXPECT_EQ(counter.value(), 43u);
}

class CountingRandom final : public Random {
 public:
  void fill(MutableByteSpan bytes) override {
    for (std::uint8_t& octet : bytes) octet = ++last_;
  }

 private:
  std::uint8_t last_ = 0;
};

TEST(Random, MakesNumbersOfItsOctets) {
  CountingRandom random;
  EXPECT_EQ(random.next_u32(), 0x01020304u);
  EXPECT_EQ(random.next_u32(), 0x05060708u);
}

template <typename Clock>
concept HasNow = requires {
  Clock::now();
};

TEST(TunnelClock, CannotBeRead) {
  static_assert(HasNow<std::chrono::steady_clock>);
  static_assert(!HasNow<TunnelClock>);
  EXPECT_EQ(TimePoint() + Milliseconds(1500), TimePoint(Duration(1'500'000'000)));
}

}  // namespace
}  // namespace hawser
