// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/fragment_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

constexpr std::uint8_t kFirstPayload = 35;

class FragmentAssemblerTest : public ::testing::Test {
 protected:
  struct Fragment {
    std::uint16_t number = 1;
    std::uint16_t total = 1;
    std::uint32_t id = 5;
    bool is_response = false;
  };
  // Each fragment's content is its number, twice.
  std::optional<FragmentAssembler::Complete> add(const Fragment& fragment) {
    const auto octet = static_cast<std::uint8_t>(fragment.number);
    return add(fragment, {octet, octet});
  }
  std::optional<FragmentAssembler::Complete> add(const Fragment& fragment, Bytes inside) {
    EncryptedPart part;
    part.header.message_id = MessageId(fragment.id);
    part.header.is_response = fragment.is_response;
    part.first_inner_payload = fragment.number == 1 ? kFirstPayload : 0;
    part.fragment = fragment.number;
    part.fragments = fragment.total;
    part.is_fragment = true;
    return assembler_.add(part, std::move(inside));
  }

  FragmentAssembler assembler_;
};

TEST_F(FragmentAssemblerTest, InAnyOrder) {
  std::vector<std::uint16_t> order = {1, 2, 3, 4};
  std::uint32_t id = 0;
  do {
    std::optional<FragmentAssembler::Complete> complete;
    for (std::size_t i = 0; i < order.size(); ++i) {
      EXPECT_FALSE(complete);
      complete = add({.number = order[i], .total = 4, .id = id});
    }
    ASSERT_TRUE(complete);
    EXPECT_EQ(complete->first_payload, kFirstPayload);
    EXPECT_EQ(complete->inside, (Bytes{1, 1, 2, 2, 3, 3, 4, 4}));
    ++id;
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(id, 24u);
}

TEST_F(FragmentAssemblerTest, OneOfOne) {
  const auto complete = add({});
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->inside, (Bytes{1, 1}));
}

TEST_F(FragmentAssemblerTest, ARepeatedFragmentCountsOnceAndTheFirstStays) {
  EXPECT_FALSE(add({.number = 1, .total = 2}));
  EXPECT_FALSE(add({.number = 1, .total = 2}, {9, 9, 9}));
  const auto complete = add({.number = 2, .total = 2});
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->inside, (Bytes{1, 1, 2, 2}));
}

TEST_F(FragmentAssemblerTest, ALargerTotalBeginsAnew) {
  EXPECT_FALSE(add({.number = 1, .total = 2}));
  EXPECT_FALSE(add({.number = 2, .total = 3}));
  EXPECT_FALSE(add({.number = 3, .total = 3}));
  const auto complete = add({.number = 1, .total = 3});
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->inside, (Bytes{1, 1, 2, 2, 3, 3}));
}

TEST_F(FragmentAssemblerTest, ASmallerTotalIsDropped) {
  EXPECT_FALSE(add({.number = 1, .total = 3}));
  EXPECT_FALSE(add({.number = 2, .total = 2}));
  EXPECT_FALSE(add({.number = 2, .total = 3}));
  EXPECT_TRUE(add({.number = 3, .total = 3}));
}

// Who recorded fragments can send them again, but not disturb what comes now.
TEST_F(FragmentAssemblerTest, AnEarlierIdIsDroppedAndALaterOneBeginsAnew) {
  EXPECT_FALSE(add({.number = 1, .total = 2, .id = 5}));
  EXPECT_FALSE(add({.number = 1, .total = 2, .id = 4}));
  EXPECT_FALSE(add({.number = 2, .total = 2, .id = 4}));
  EXPECT_FALSE(add({.number = 2, .total = 2, .id = 6}));
  EXPECT_FALSE(add({.number = 2, .total = 2, .id = 5}));
  EXPECT_TRUE(add({.number = 1, .total = 2, .id = 6}));
}

TEST_F(FragmentAssemblerTest, RequestsAndResponsesOfOneIdAreApart) {
  EXPECT_FALSE(add({.number = 1, .total = 2}));
  EXPECT_FALSE(add({.number = 2, .total = 2, .is_response = true}));
  EXPECT_TRUE(add({.number = 2, .total = 2}));
  EXPECT_TRUE(add({.number = 1, .total = 2, .is_response = true}));
}

TEST_F(FragmentAssemblerTest, Bounds) {
  const std::uint16_t too_many = FragmentAssembler::kMaxFragments + 1;
  for (std::uint16_t number = 1; number <= too_many; ++number) {
    EXPECT_FALSE(add({.number = number, .total = too_many}));
  }
  EXPECT_FALSE(add({.number = 0, .total = 2}));
  EXPECT_FALSE(add({.number = 3, .total = 2}));

  const Bytes half(FragmentAssembler::kMaxBytes / 2);
  EXPECT_FALSE(add({.number = 1, .total = 3}, half));
  EXPECT_FALSE(add({.number = 2, .total = 3}, half));
  EXPECT_FALSE(add({.number = 3, .total = 3}, {1})) << "one octet too many";
  EXPECT_FALSE(add({.number = 1, .total = 2, .id = 6}, half));
  EXPECT_TRUE(add({.number = 2, .total = 2, .id = 6}, half));
}

}  // namespace
}  // namespace hawser
