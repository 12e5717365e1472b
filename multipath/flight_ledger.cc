// SPDX-License-Identifier: Apache-2.0
#include "multipath/flight_ledger.h"

#include <algorithm>

namespace hawser {

void FlightLedger::begin_sa(Spi spi) {
  sas_[generations_ % kSasMax] = {.spi = spi, .last = 0};
  ++generations_;
}

void FlightLedger::note_sent(std::uint64_t sequence, Octets octets, TimePoint now) {
  if (generations_ == 0) return;
  const std::uint64_t generation = generations_ - 1;
  sas_[generation % kSasMax].last = sequence;
  const std::uint64_t before = sent_;
  sent_ += octets.count;
  if (count_ > 0) {
    Record& last = at(count_ - 1);
    if (last.generation == generation && last.backlog == octets.backlog &&
        now - last.begin < kSpan) {
      last.last = sequence;
      last.octets += octets.count;
      last.end = now;
      return;
    }
  }
  if (count_ == kRecordsMax) drop_first();
  at(count_++) = {.generation = generation,
                  .first = sequence,
                  .last = sequence,
                  .before = before,
                  .octets = octets.count,
                  .begin = now,
                  .end = now,
                  .backlog = octets.backlog};
}

std::optional<std::uint64_t> FlightLedger::generation(Spi spi) const {
  const std::uint64_t known = std::min<std::uint64_t>(generations_, kSasMax);
  for (std::uint64_t back = 1; back <= known; ++back) {
    if (sas_[(generations_ - back) % kSasMax].spi == spi) return generations_ - back;
  }
  return std::nullopt;
}

std::optional<FlightLedger::Point> FlightLedger::settle(Spi spi, std::uint32_t sequence_low) {
  const std::optional<std::uint64_t> sa = generation(spi);
  if (!sa) return std::nullopt;
  const std::uint64_t last_sent = sas_[*sa % kSasMax].last;
  const std::uint32_t back = static_cast<std::uint32_t>(last_sent) - sequence_low;
  if (back > last_sent) return std::nullopt;  // it was never sent
  const std::uint64_t sequence = last_sent - back;

  std::optional<Point> point;
  while (count_ > 0) {
    Record& first = at(0);
    const bool all = first.generation < *sa || (first.generation == *sa && first.last <= sequence);
    if (!all && (first.generation > *sa || first.first > sequence)) break;
    backlog_ = backlog_ && first.backlog;
    if (all) {
      point = {.octets = first.before + first.octets, .sent = first.end};
      drop_first();
      continue;
    }
    point = settle_part(first, sequence);
    break;
  }
  if (point) {
    point->backlog = backlog_;
    backlog_ = true;
  }
  return point;
}

// `sequence` is of the record, and not its last.
FlightLedger::Point FlightLedger::settle_part(Record& record, std::uint64_t sequence) {
  const auto before = static_cast<double>(sequence - record.first);
  const auto steps = static_cast<double>(record.last - record.first);
  const double octets = static_cast<double>(record.octets) * (before + 1) / (steps + 1);
  const auto time = static_cast<double>((record.end - record.begin).count()) / steps;
  const TimePoint sent = record.begin + Duration(static_cast<std::int64_t>(time * before));
  record.first = sequence + 1;
  record.before += static_cast<std::uint64_t>(octets);
  record.octets -= static_cast<std::uint64_t>(octets);
  record.begin = sent + Duration(static_cast<std::int64_t>(time));
  settled_ = record.before;
  return {.octets = record.before, .sent = sent};
}

void FlightLedger::forget_before(TimePoint time) {
  while (count_ > 0 && at(0).end < time) drop_first();
}

void FlightLedger::drop_first() {
  settled_ = at(0).before + at(0).octets;
  first_ = (first_ + 1) % kRecordsMax;
  --count_;
}

}  // namespace hawser
