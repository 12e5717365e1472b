// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/random.h"

namespace hawser::test {

// Gives what it was told to, each time.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::vector<std::uint8_t> octets) : octets_(std::move(octets)) {}
  void fill(MutableByteSpan bytes) override {
    ASSERT_EQ(bytes.size(), octets_.size());
    std::copy(octets_.begin(), octets_.end(), bytes.begin());
  }

 private:
  std::vector<std::uint8_t> octets_;
};

}  // namespace hawser::test
