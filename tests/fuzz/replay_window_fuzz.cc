// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "antireplay/replay_window.h"
#include "tests/fuzz/fuzz_input.h"

// Steps of three octets: an operation and how far. Against a set of all that was accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  const std::uint64_t floor = std::uint64_t{input.u8()} << (input.u8() % 48);
  ReplayWindow window(ReplayWindow::kMinCapacity << input.u8() % 6, SequenceNumber(floor));
  std::set<std::uint64_t> accepted;
  std::uint64_t forgotten = floor;
  while (!input.empty()) {
    const std::uint8_t operation = input.u8();
    const std::uint64_t distance = std::uint64_t{input.u16()} << (operation >> 4);
    const std::uint64_t highest = window.highest().value();
    if (operation % 4 == 0) {
      window.resize(ReplayWindow::kMinCapacity << distance % 15);
    } else {
      const bool back = operation % 4 == 1;
      const std::uint64_t number = !back                ? highest + distance
                                   : distance < highest ? highest - distance
                                                        : 0;
      const ReplayVerdict checked = window.check(SequenceNumber(number));
      const bool fresh = number > forgotten && !accepted.contains(number);
      fuzz::require(fresh == (checked == ReplayVerdict::kFresh));
      fuzz::require(window.commit(SequenceNumber(number)) == checked);
      if (fresh) accepted.insert(number);
      fuzz::require(window.highest().value() == std::max(highest, fresh ? number : 0));
    }
    const std::uint64_t now = window.highest().value();
    if (now >= window.capacity()) forgotten = std::max(forgotten, now - window.capacity());
  }
  return 0;
}
