// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> &&
              std::is_nothrow_move_assignable_v<Secret>);

Octets octets_of(const Secret& secret) {
  return Octets(secret.bytes().begin(), secret.bytes().end());
}

TEST(Secret, IsEmptyByDefault) {
  const Secret secret;
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(secret.bytes().data(), nullptr);
  EXPECT_TRUE(Secret(0).empty());
  EXPECT_TRUE(Secret::copy_of({}).clone().empty());
}

TEST(Secret, BeginsAsZeroes) {
  for (const std::size_t size : {1U, 16U, 32U, 4095U, 4096U, 4097U, 70000U}) {
    EXPECT_EQ(octets_of(Secret(size)), Octets(size, 0)) << size;
  }
}

TEST(Secret, CopyAndCloneAreIndependent) {
  Octets source = {1, 2, 3};
  Secret first = Secret::copy_of(source);
  source[0] = 9;
  const Secret second = first.clone();
  first.bytes()[1] = 9;
  EXPECT_EQ(octets_of(first), (Octets{1, 9, 3}));
  EXPECT_EQ(octets_of(second), (Octets{1, 2, 3}));
}

TEST(Secret, MoveLeavesNothingBehind) {
  Secret first = Secret::copy_of(Octets{1, 2, 3});
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(first.bytes().data(), nullptr);
  EXPECT_EQ(octets_of(second), (Octets{1, 2, 3}));
  Secret third = Secret::copy_of(Octets{4, 5});
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(octets_of(third), (Octets{1, 2, 3}));
  Secret& same = third;
  third = std::move(same);
  EXPECT_EQ(octets_of(third), (Octets{1, 2, 3}));
}

// The value behind "VmLck:" of this process, in KiB.
long locked_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
  }
  return -1;
}

TEST(Secret, IsLockedWhileItLives) {
  const long before = locked_kib();
  {
    const Secret secret(kMaxSharedSecretSize + 1);
    if (locked_kib() == before) GTEST_SKIP() << "memory cannot be locked here (RLIMIT_MEMLOCK)";
    EXPECT_GE(locked_kib(), before + 4);
  }
  EXPECT_EQ(locked_kib(), before);
}

TEST(Secret, SmallOnesAreLockedAndShare) {
  const long before = locked_kib();
  std::vector<Secret> secrets;
  for (int i = 0; i < 10'000; ++i) secrets.emplace_back(32);
  const long after = locked_kib();
  if (after == before) GTEST_SKIP() << "memory cannot be locked here (RLIMIT_MEMLOCK)";
  EXPECT_GE(after, before + 200);  // some were there before
  EXPECT_LE(after, before + 400);
}

TEST(Secret, SmallOnesDoNotOverlap) {
  std::vector<Secret> secrets;
  for (std::size_t size = 1; size <= 300; ++size) {
    for (int i = 0; i < 3; ++i) {
      secrets.emplace_back(size);
      std::fill_n(secrets.back().bytes().data(), size, static_cast<std::uint8_t>(secrets.size()));
    }
  }
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    ASSERT_EQ(octets_of(secrets[i]), Octets(secrets[i].size(), static_cast<std::uint8_t>(i + 1)))
        << i;
  }
}

TEST(Secret, AnyThreadMayHaveSome) {
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i) {
    threads.emplace_back([octet = static_cast<std::uint8_t>(i)] {
      std::vector<Secret> secrets(100);
      for (std::size_t round = 0; round < 20'000; ++round) {
        Secret& secret = secrets[round % secrets.size()];
        ASSERT_EQ(octets_of(secret), Octets(secret.size(), octet));
        secret = Secret(round % 257);
        ASSERT_EQ(octets_of(secret), Octets(secret.size(), 0));
        std::fill_n(secret.bytes().data(), secret.size(), octet);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Runs `act` in a child, which must not come back from it if `dies`.
void expect_in_child(bool dies, void (*act)()) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(STDERR_FILENO);  // the sanitizer's report of what is meant to happen
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    act();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WIFEXITED(status) && WEXITSTATUS(status) == 0, !dies);
}

TEST(Secret, WorksWithoutLocking) {
  expect_in_child(false, [] {
    const rlimit nothing = {0, 0};
    setrlimit(RLIMIT_MEMLOCK, &nothing);
    Secret secret = Secret::copy_of(Octets{1, 2, 3});
    if (octets_of(secret) != Octets{1, 2, 3}) _exit(1);
  });
}

TEST(Secret, AReadBehindTheEndOfALargeOneEndsTheProcess) {
  expect_in_child(true, [] {
    const Secret secret(kMaxSharedSecretSize + 1);
    const volatile std::uint8_t* const end = secret.bytes().data() + secret.size();
    static_cast<void>(*end);
  });
}

// Only all of a block has guard pages.
TEST(Secret, AReadBehindAllSmallOnesEndsTheProcess) {
  expect_in_child(true, [] {
    const Secret secret(32);
    const volatile std::uint8_t* const octets = secret.bytes().data();
    for (std::size_t i = 0; i <= 65536; ++i) static_cast<void>(octets[i]);
  });
}

void read_after_destruction(std::size_t size) {
  const volatile std::uint8_t* octets = nullptr;
  {
    const Secret secret = Secret::copy_of(Octets(size, 0xff));
    octets = secret.bytes().data();
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (octets[i] != 0) _exit(1);
  }
}

TEST(Secret, ALargeOneIsGoneAfterItsDestruction) {
  expect_in_child(true, [] { read_after_destruction(kMaxSharedSecretSize + 1); });
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitizerSees = true;
#elif defined(__has_feature)
constexpr bool kSanitizerSees = __has_feature(address_sanitizer);
#else
constexpr bool kSanitizerSees = false;
#endif

TEST(Secret, ASmallOneIsWipedAtItsDestruction) {
  expect_in_child(kSanitizerSees, [] { read_after_destruction(32); });
  expect_in_child(kSanitizerSees, [] { read_after_destruction(256); });
}

TEST(SecureWipe, Zeroes) {
  Octets octets(100, 0xff);
  secure_wipe(std::span(octets).subspan(10, 80));
  for (std::size_t i = 0; i < octets.size(); ++i) {
    EXPECT_EQ(octets[i], i >= 10 && i < 90 ? 0 : 0xff) << i;
  }
  secure_wipe({});
}

TEST(EqualInConstantTime, ComparesSizesAndEachBit) {
  const std::array<std::uint8_t, 16> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  EXPECT_TRUE(equal_in_constant_time({}, {}));
  EXPECT_TRUE(equal_in_constant_time(a, Octets(a.begin(), a.end())));
  for (std::size_t size = 0; size < a.size(); ++size) {
    EXPECT_FALSE(equal_in_constant_time(a, std::span(a).first(size)));
    EXPECT_FALSE(equal_in_constant_time(std::span(a).first(size), a));
  }
  for (std::size_t bit = 0; bit < a.size() * 8; ++bit) {
    auto b = a;
    b[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(equal_in_constant_time(a, b)) << bit;
  }
}

}  // namespace
}  // namespace hawser
