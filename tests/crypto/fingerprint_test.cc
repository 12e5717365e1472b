// SPDX-License-Identifier: Apache-2.0
#include "crypto/fingerprint.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

// From `printf abc | b2sum -l 128`.
TEST(Fingerprint, IsBlake2bOf128Bits) {
  const std::uint8_t abc[] = {'a', 'b', 'c'};
  const Fingerprint expected = {0xcf, 0x4a, 0xb7, 0x91, 0xc6, 0x2b, 0x8d, 0x2b,
                                0x21, 0x09, 0xc9, 0x02, 0x75, 0x28, 0x78, 0x16};
  EXPECT_EQ(fingerprint_of(abc), expected);
}

}  // namespace
}  // namespace hawser
