// SPDX-License-Identifier: Apache-2.0
#include "multipath/parity_receiver.h"

#include <algorithm>
#include <utility>

namespace hawser {

ParityReceiver::Bucket& ParityReceiver::bucket_of(std::uint16_t number, TimePoint now) {
  auto found = std::ranges::find(buckets_, number, &Bucket::number);
  if (found == buckets_.end()) {
    if (buckets_.size() < kBucketsMax) {
      found = buckets_.insert(buckets_.end(), Bucket());
    } else {
      found = std::ranges::min_element(buckets_, {}, &Bucket::heard);
      *found = Bucket();
    }
    found->number = number;
  }
  found->heard = now;
  return *found;
}

const ParityReceiver::Kept* ParityReceiver::find(const Bucket& bucket, std::uint32_t sequence,
                                                 TimePoint now) {
  const Kept& kept = bucket.kept[sequence % kKeptMax];
  if (!kept.is_used || kept.sequence != sequence || now >= kept.came + kLifetime) return nullptr;
  return &kept;
}

void ParityReceiver::keep(Bucket& bucket, std::uint32_t sequence, ByteSpan packet, TimePoint now) {
  Kept& kept = bucket.kept[sequence % kKeptMax];
  kept.is_used = true;
  kept.sequence = sequence;
  kept.came = now;
  kept.packet.assign(packet.begin(), packet.end());
}

void ParityReceiver::note(std::uint16_t number, std::uint32_t sequence, ByteSpan packet,
                          TimePoint now) {
  if (packet.empty() || packet.size() > kPacketMax) return;
  Bucket& bucket = bucket_of(number, now);
  keep(bucket, sequence, packet, now);
  if (!bucket.pending.empty()) look_again(bucket, now);
}

void ParityReceiver::handle_parity(ParityFrame parity, TimePoint now) {
  if (parity.packets.size() > kPacketMax) return;
  Bucket& bucket = bucket_of(parity.bucket, now);
  if (bucket.pending.size() == kPendingMax) bucket.pending.pop_front();
  bucket.pending.push_back({.parity = std::move(parity), .came = now});
  look_again(bucket, now);
}

// What one parity frame gives may be what another one waits for.
void ParityReceiver::look_again(Bucket& bucket, TimePoint now) {
  std::size_t before;
  do {
    before = bucket.pending.size();
    std::erase_if(bucket.pending, [&](const Pending& one) {
      return now >= one.came + kLifetime || solve(bucket, one.parity, now);
    });
  } while (bucket.pending.size() != before);
}

bool ParityReceiver::solve(Bucket& bucket, const ParityFrame& parity, TimePoint now) {
  std::optional<std::uint32_t> missing;
  ParityFrame rest = parity;
  for (unsigned i = 0; i < ParityFrame::kSpan; ++i) {
    if ((parity.covered >> i & 1) == 0) continue;
    const Kept* kept = find(bucket, parity.first + i, now);
    if (kept != nullptr) {
      // Another packet than was covered: the bond has begun anew.
      if (kept->packet.size() > parity.packets.size()) return true;
      rest.combine(kept->packet);
    } else if (std::exchange(missing, parity.first + i)) {
      return false;
    }
  }
  if (!missing || rest.length == 0 || rest.length > rest.packets.size()) return true;
  rest.packets.resize(rest.length);
  keep(bucket, *missing, rest.packets, now);
  ++recovered_;
  solved_.push_back({.traffic_class = parity.traffic_class,
                     .bucket = parity.bucket,
                     .sequence = *missing,
                     .packet = std::move(rest.packets)});
  return true;
}

std::optional<ParityReceiver::Recovered> ParityReceiver::poll_recovered() {
  if (solved_.empty()) return std::nullopt;
  Recovered recovered = std::move(solved_.front());
  solved_.pop_front();
  return recovered;
}

}  // namespace hawser
