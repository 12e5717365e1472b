// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_life.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/seeded_random.h"

// Whatever comes, from wherever: a path that nobody proved stays where it is, frames end, and time
// goes on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  SeededRandom random(1);
  PathLife life({.id = PathId(1), .full_frame = 1400}, random);
  const AddressPair own{.local = *TransportAddress::parse("192.0.2.1:4500"),
                        .remote = *TransportAddress::parse("198.51.100.7:4500")};
  TimePoint now{Seconds(1)};
  life.begin(own, static_cast<AddressOrigin>(input.u8() % 3), now);
  for (int step = 0; step < 64 && !input.empty(); ++step) {
    const std::uint8_t what = input.u8();
    AddressPair from = own;
    if ((what & 0x10) != 0) from.remote.port = input.u8();
    if ((what & 0x20) != 0) life.handle_link((what & 0x40) != 0, "carrier", now);
    if ((what & 0x80) != 0) life.set_only_hope((what & 0x40) != 0, now);
    life.note_heard({.addresses = from, .octets = what, .is_newest = (what & 0x01) != 0}, now);
    life.note_sent((what & 0x02) != 0, now);
    life.handle_frame(input.bytes(input.u8()), from, now);
    now += Milliseconds(input.u8() * 4);
    for (int turns = 0; life.next_timeout() && *life.next_timeout() <= now; ++turns) {
      life.handle_timeout(now);
      while (life.poll_frame(now)) fuzz::require(turns < 8);
    }
    fuzz::require(life.addresses() == own && !life.poll_moved());
  }
  return 0;
}
