// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rekey_collision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace hawser {
namespace {

using Nonce = std::vector<std::uint8_t>;

TEST(RekeyCollision, NoncesCompareOctetByOctet) {
  struct Row {
    Nonce a;
    Nonce b;
    Nonce lower;
  };
  const Row rows[] = {
      {{1, 2, 3}, {1, 2, 4}, {1, 2, 3}},
      {{2}, {1, 255, 255}, {1, 255, 255}},  // not as numbers, which would be longer
      {{1, 2}, {1, 2, 0}, {1, 2}},          // the shorter one of a tie
      {{0x80}, {0x7f}, {0x7f}},             // octets have no sign
      {{5, 5}, {5, 5}, {5, 5}},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(std::ranges::equal(lower_nonce(row.a, row.b), row.lower));
    EXPECT_TRUE(std::ranges::equal(lower_nonce(row.b, row.a), row.lower));
  }
}

TEST(RekeyCollision, WhoeverDrewTheLowestNonceLoses) {
  EXPECT_EQ(winner_of_collision(Nonce{1}, Nonce{2}), CollisionWinner::kPeers);
  EXPECT_EQ(winner_of_collision(Nonce{2}, Nonce{1}), CollisionWinner::kOurs);
  // Seen from both ends there is one winner.
  for (const Nonce& ours : {Nonce{1, 1}, Nonce{1, 2}, Nonce{3}}) {
    for (const Nonce& peers : {Nonce{1}, Nonce{2, 2}, Nonce{1, 1, 1}}) {
      EXPECT_NE(winner_of_collision(ours, peers), winner_of_collision(peers, ours));
    }
  }
}

// RFC 7296 sections 2.25.1 and 2.25.2, as a table.
TEST(RekeyCollision, RequestsThatCross) {
  constexpr auto kProceed = RequestVerdict::kProceed;
  constexpr auto kLater = RequestVerdict::kTemporaryFailure;
  struct Row {
    ChildRequest request;
    ExchangeKind outstanding;
    RequestVerdict verdict;
  };
  const Row rows[] = {
      {ChildRequest::kNewChild, ExchangeKind::kOther, kProceed},
      {ChildRequest::kNewChild, ExchangeKind::kChild, kProceed},
      {ChildRequest::kNewChild, ExchangeKind::kChildDelete, kProceed},
      {ChildRequest::kNewChild, ExchangeKind::kIkeRekey, kLater},
      {ChildRequest::kNewChild, ExchangeKind::kProbe, kProceed},
      {ChildRequest::kRekeyChild, ExchangeKind::kChild, kProceed},
      {ChildRequest::kRekeyChild, ExchangeKind::kIkeRekey, kLater},
      {ChildRequest::kRekeyChild, ExchangeKind::kAddressUpdate, kProceed},
      {ChildRequest::kRekeyIke, ExchangeKind::kOther, kProceed},
      {ChildRequest::kRekeyIke, ExchangeKind::kChild, kLater},
      {ChildRequest::kRekeyIke, ExchangeKind::kChildDelete, kLater},
      {ChildRequest::kRekeyIke, ExchangeKind::kIkeRekey, kProceed},
      {ChildRequest::kRekeyIke, ExchangeKind::kProbe, kProceed},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(judge_request(row.request, {.outstanding = row.outstanding}), row.verdict)
        << static_cast<int>(row.request) << " while " << static_cast<int>(row.outstanding);
    EXPECT_EQ(
        judge_request(row.request, {.is_ike_sa_ending = true, .outstanding = row.outstanding}),
        kLater);
  }
}

TEST(RekeyCollision, ChildThatIsGoneOrGoing) {
  EXPECT_EQ(judge_request(ChildRequest::kRekeyChild, {.is_child_known = false}),
            RequestVerdict::kChildSaNotFound);
  EXPECT_EQ(judge_request(ChildRequest::kRekeyChild, {.is_child_being_deleted = true}),
            RequestVerdict::kTemporaryFailure);
  // A child that is not there was not meant by a request for a new one.
  EXPECT_EQ(judge_request(ChildRequest::kNewChild, {.is_child_known = false}),
            RequestVerdict::kProceed);
}

}  // namespace
}  // namespace hawser
