// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hawser {

// Which numbers of a sliding range are marked: a ring of 64-bit words (RFC 6479). Each word carries
// the number of the block that it describes, so a jump over the whole range costs as much as a
// step: a word with another block number is an empty word.
//
// It keeps the last `capacity` numbers up to the highest one asked about. The caller knows what the
// highest is, and asks for no number that lies `capacity` or more behind it.
class BitRing {
 public:
  // A power of two from 64.
  explicit BitRing(std::size_t capacity) : words_(words_for(capacity)), mask_(words_.size() - 1) {}

  bool test(std::uint64_t number) const {
    const std::uint64_t block = number / 64;
    const Word& word = words_[block & mask_];
    return word.block == block && ((word.bits >> (number % 64)) & 1) != 0;
  }

  // Marks it; true if it was not marked before.
  bool set(std::uint64_t number) {
    const std::uint64_t block = number / 64;
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    Word& word = words_[block & mask_];
    if (word.block != block) {
      word = {block, bit};
      return true;
    }
    if (word.bits & bit) return false;
    word.bits |= bit;
    return true;
  }

  // The same marks with another capacity; of a smaller one those that still fit behind `highest`.
  BitRing resized(std::size_t capacity, std::uint64_t highest) const {
    BitRing ring(capacity);
    const std::uint64_t newest = highest / 64;
    for (const Word& word : words_) {
      if (word.bits == 0) continue;  // never used
      Word& place = ring.words_[word.block & ring.mask_];
      // Of two blocks that meet in one word of a smaller ring the newer one is in the range.
      if (newest - word.block < ring.words_.size() && word.block >= place.block) place = word;
    }
    return ring;
  }

  std::size_t memory_bytes() const { return words_.size() * sizeof(Word); }

 private:
  struct Word {
    std::uint64_t block = 0;  // number / 64 of the first bit
    std::uint64_t bits = 0;
  };

  // The range ends anywhere inside a word, so capacity / 64 words do not cover it; twice as many
  // keep the ring's length a power of two.
  static std::size_t words_for(std::size_t capacity) {
    assert(std::has_single_bit(capacity) && capacity >= 64);
    return capacity / 64 * 2;
  }

  std::vector<Word> words_;
  std::size_t mask_;  // the ring's size less 1
};

}  // namespace hawser
