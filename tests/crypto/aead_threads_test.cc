// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/crypto/aead_batch.h"

namespace hawser::test {
namespace {

bool seals_and_opens(Aead& aead, std::uint64_t seed, int rounds) {
  std::mt19937_64 generator(seed);
  for (int round = 0; round < rounds; ++round) {
    const AeadBatch original = AeadBatch::random(generator, 40, 200);
    AeadBatch batch(original);
    aead.seal(batch.packets());
    aead.open(batch.packets());
    for (std::size_t i = 0; i < batch.packets().size(); ++i) {
      if (!batch.packets()[i].authentic || batch.data(i) != original.data(i)) return false;
    }
  }
  return true;
}

// As workers do: each has its own, made by another thread, while that one makes and destroys more.
TEST(AeadThreads, EachItsOwn) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    for (const AeadProvider provider : available_providers()) {
      const Octets key(aead_key_size(algorithm), 5);
      const auto first = make(algorithm, key, provider);
      const auto second = make(algorithm, key, provider);
      bool first_ok = false;
      bool second_ok = false;
      std::thread first_thread([&] { first_ok = seals_and_opens(*first, 1, 50); });
      std::thread second_thread([&] { second_ok = seals_and_opens(*second, 2, 50); });
      for (int i = 0; i < 200; ++i) make(algorithm, key, provider);
      first_thread.join();
      second_thread.join();
      EXPECT_TRUE(first_ok && second_ok) << aead_name(algorithm);
    }
  }
}

std::size_t mapping_count() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

// Ten thousand SA pairs: the kernel allows 65530 mappings in a process.
TEST(AeadScale, TwentyThousandKeysAreFewMappings) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    const Octets key(aead_key_size(algorithm), 6);
    const std::size_t before = mapping_count();
    std::vector<std::unique_ptr<Aead>> aeads;
    for (int i = 0; i < 20000; ++i) aeads.push_back(make_aead(algorithm, key).value());
    EXPECT_LT(mapping_count(), before + 5000) << aead_name(algorithm);
    EXPECT_TRUE(seals_and_opens(*aeads.front(), 3, 1));
    EXPECT_TRUE(seals_and_opens(*aeads.back(), 4, 1));
  }
}

}  // namespace
}  // namespace hawser::test
