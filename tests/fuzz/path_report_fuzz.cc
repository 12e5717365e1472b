// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_sender.h"
#include "tests/fuzz/fuzz_input.h"

// Reports in a row, as a peer may lie: what is made of them stays within what can be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hawser::fuzz::require;
  hawser::fuzz::FuzzInput input(data, size);
  hawser::DelayOrigin origin;
  hawser::PathSender sender(origin);
  sender.begin_sa(hawser::Spi(0x100));
  hawser::TimePoint now{hawser::Seconds(1)};
  for (std::uint64_t sequence = 1; !input.empty(); ++sequence) {
    now += hawser::Milliseconds(input.u8());
    sender.note_sent({.sequence = sequence, .octets = 1000}, now);
    const std::vector<std::uint8_t> frame = input.bytes(hawser::kPathReportSize);
    const auto report = hawser::PathReport::parse(frame);
    if (!report) continue;
    std::vector<std::uint8_t> again(hawser::kPathReportSize);
    report->serialize(again.data());
    require(hawser::PathReport::parse(again) == report);
    sender.handle_report(*report, report->number % 2 == 0, now);
    const hawser::PathEstimate& estimate = sender.estimate(now);
    require(estimate.loss >= 0 && estimate.loss <= 1);
    require(estimate.congested >= 0 && estimate.in_flight_bytes <= 1000 * sequence);
    require(!estimate.rtt || *estimate.rtt > hawser::Duration(0));
    require(estimate.queueing >= hawser::Duration(0) && estimate.r_factor <= 93.2);
  }
  return 0;
}
