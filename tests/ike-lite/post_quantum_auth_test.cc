// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/post_quantum_auth.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

std::optional<PostQuantumKey> key(const std::string& id, bool required) {
  return PostQuantumKey{.id = id, .key = Secret(32), .required = required};
}

std::optional<PpkUse> use_of(const std::optional<PostQuantumKey>& key, bool peer_uses_ppk) {
  const auto use = choose_ppk_as_initiator(key, peer_uses_ppk);
  EXPECT_TRUE(use || use.error().error == AuthError::kNoPostQuantumKey);
  return use ? std::optional(*use) : std::nullopt;
}

TEST(PostQuantumAuth, InitiatorBegins) {
  EXPECT_EQ(use_of(std::nullopt, false), PpkUse::kNone);
  EXPECT_EQ(use_of(std::nullopt, true), PpkUse::kNone);
  EXPECT_EQ(use_of(key("a", false), true), PpkUse::kOptional);
  EXPECT_EQ(use_of(key("a", false), false), PpkUse::kNone);
  EXPECT_EQ(use_of(key("a", true), true), PpkUse::kRequired);
  EXPECT_EQ(use_of(key("a", true), false), std::nullopt) << "never without what is required";
}

TEST(PostQuantumAuth, InitiatorConcludes) {
  IkePayloads confirmed;
  confirm_ppk(confirmed);
  const IkePayloads silent;
  EXPECT_TRUE(*conclude_ppk_as_initiator(PpkUse::kRequired, confirmed));
  EXPECT_TRUE(*conclude_ppk_as_initiator(PpkUse::kOptional, confirmed));
  EXPECT_FALSE(*conclude_ppk_as_initiator(PpkUse::kNone, confirmed)) << "nobody asked";
  EXPECT_FALSE(*conclude_ppk_as_initiator(PpkUse::kOptional, silent));
  EXPECT_FALSE(*conclude_ppk_as_initiator(PpkUse::kNone, silent));
  EXPECT_FALSE(conclude_ppk_as_initiator(PpkUse::kRequired, silent).has_value());
}

// The table of RFC 8784 section 4: what the request has, what is configured, what follows.
struct Row {
  const char* name;
  const char* sent_id;  // null: no PPK_IDENTITY
  bool no_ppk_auth;
  std::optional<std::string> own_id;
  bool required;
  std::optional<PpkVerdict> verdict;  // none: refused
};

TEST(PostQuantumAuth, ResponderDecides) {
  using enum PpkVerdict;
  const Row rows[] = {
      {"neither has one", nullptr, false, {}, false, kNone},
      {"only we have one", nullptr, false, "a", false, kNone},
      {"we need one", nullptr, false, "a", true, {}},
      {"both have it", "a", false, "a", false, kUse},
      {"both have it, they can do without", "a", true, "a", false, kUse},
      {"both have it and need it", "a", false, "a", true, kUse},
      {"they need one that we lack", "a", false, {}, false, {}},
      {"they can do without", "a", true, {}, false, kFallBack},
      {"another one, they can do without", "a", true, "b", false, kFallBack},
      {"another one, they need it", "a", false, "b", false, {}},
      {"another one, we need ours", "a", true, "b", true, {}},
      {"a longer name", "ab", true, "a", true, {}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    IkePayloads request;
    request.auth = AuthPayload{.method = 2, .data = {1}};
    if (row.sent_id != nullptr) add_ppk_identity(request, *key(row.sent_id, false));
    if (row.no_ppk_auth) add_no_ppk_auth(request, {.method = 2, .data = {7, 8}});
    const auto verdict = choose_ppk_as_responder(
        row.own_id ? key(*row.own_id, row.required) : std::nullopt, request);
    ASSERT_EQ(verdict.has_value(), row.verdict.has_value());
    EXPECT_TRUE(!verdict || *verdict == *row.verdict);
    EXPECT_TRUE(verdict || verdict.error().error == AuthError::kNoPostQuantumKey);
  }
}

// RFC 8784 section 5.1: type 2, a name that both were given; section 4: AUTH data of the same
// method.
TEST(PostQuantumAuth, Octets) {
  IkePayloads request;
  request.auth = AuthPayload{.method = 14, .data = {1}};
  add_ppk_identity(request, *key("ab", true));
  add_no_ppk_auth(request, {.method = 14, .data = {7, 8}});
  EXPECT_EQ(request.find(NotifyType::kPpkIdentity)->data, (Bytes{2, 'a', 'b'}));
  EXPECT_EQ(request.find(NotifyType::kNoPpkAuth)->data, (Bytes{7, 8}));
  EXPECT_EQ(no_ppk_auth_of(request), (AuthPayload{.method = 14, .data = {7, 8}}));
  EXPECT_EQ(no_ppk_auth_of(IkePayloads()), AuthPayload());
}

}  // namespace
}  // namespace hawser
