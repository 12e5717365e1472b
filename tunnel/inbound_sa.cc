// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inbound_sa.h"

#include <utility>

#include "antireplay/esn_reconstructor.h"

namespace hawser {
namespace {

// Between two packets below the floor that are authenticated to find out whether the peer is alive.
constexpr Duration kFloorProbeInterval = Milliseconds(100);

}  // namespace

Result<std::unique_ptr<InboundSa>, AeadError> InboundSa::make(
    const Options& options, SaKey key, const std::optional<SaSelectors>& selectors) {
  if (!key.is_complete()) return failure(AeadError::kKeySize);
  auto aead = make_aead(key.algorithm, key.key());
  if (!aead) return failure(aead.error());
  std::unique_ptr<InboundSa> sa(new InboundSa(options, std::move(key), std::move(*aead)));
  if (selectors) sa->selectors_.emplace(*selectors);
  return sa;
}

InboundSa::InboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead)
    : options_(options),
      key_(std::move(key)),
      aead_(std::move(aead)),
      window_(options.replay_window.value_or(WindowSizer::Options().min_capacity), options.floor),
      lifetime_(options.lifetime, options.born) {
  if (!options.replay_window) sizer_.emplace(WindowSizer::Options());
  if (options.reserved) reserve_.emplace(*options.reserved, SaDirection::kInbound);
}

DropReason InboundSa::replay_drop(ReplayVerdict verdict) {
  if (verdict == ReplayVerdict::kZero) return DropReason::kZeroSequence;
  if (verdict == ReplayVerdict::kTooOld) {
    ++too_old_;
    return DropReason::kTooOld;
  }
  ++replayed_;
  return DropReason::kReplayed;
}

// After a restart nothing above the floor has come yet, and numbers below it do.
bool InboundSa::take_floor_probe(SequenceNumber sequence, TimePoint now) {
  if (sequence > options_.floor || window_.highest() != options_.floor || now < next_floor_probe_) {
    return false;
  }
  next_floor_probe_ = now + kFloorProbeInterval;
  return true;
}

Result<InboundSa::Pending, DropReason> InboundSa::prepare(MutableByteSpan packet, AeadPacket& job,
                                                          TimePoint now) {
  const auto header = EspHeader::parse(packet);
  if (!header) return failure(header.error());
  Pending pending;
  pending.sequence = options_.esn ? reconstruct_esn(header->sequence_low, window_.highest())
                                  : SequenceNumber(header->sequence_low);
  const ReplayVerdict verdict = window_.check(pending.sequence);
  // What an earlier life may have seen says nothing of how late packets come.
  pending.is_sample = verdict == ReplayVerdict::kTooOld &&
                      (pending.sequence <= options_.floor ? take_floor_probe(pending.sequence, now)
                                                          : sizer_ && sizer_->take_sample(now));
  if (verdict != ReplayVerdict::kFresh && !pending.is_sample) return failure(replay_drop(verdict));
  if (!lifetime_.allows(traffic_, now)) return failure(DropReason::kLifetimeOver);
  job.data = packet.data() + kEspHeadroom;
  job.size = packet.size() - kEspHeadroom - kAeadIcvSize;
  job.icv = job.data + job.size;
  fill_aead_inputs(job, key_.salt(), *header, pending.sequence, options_.esn);
  return pending;
}

Result<InboundSa::Opened, DropReason> InboundSa::finish(const Pending& pending,
                                                        const AeadPacket& job) {
  const std::uint64_t number = pending.sequence.value();
  const std::uint64_t highest = window_.highest().value();
  const bool is_below_floor = pending.sequence <= options_.floor;
  if (sizer_ && job.authentic && number < highest && !is_below_floor) {
    sizer_->note_late(highest - number);
  }
  if (pending.is_sample) {
    if (job.authentic && is_below_floor) peer_is_below_floor_ = true;
    return failure(replay_drop(ReplayVerdict::kTooOld));
  }
  if (!job.authentic) {
    ++icv_failed_;
    return failure(DropReason::kIcvFailed);
  }
  if (reserve_ && !reserve_->covers(pending.sequence)) {
    wanted_ = std::max(wanted_, pending.sequence);
    return failure(DropReason::kSequenceNotReserved);
  }
  Opened opened;
  opened.is_newest = number > highest;
  // The same number may have passed the check twice in one batch: the commit decides.
  const ReplayVerdict verdict = window_.commit(pending.sequence);
  if (verdict != ReplayVerdict::kFresh) return failure(replay_drop(verdict));
  const auto payload = EspPayload::parse({job.data, job.size});
  if (!payload) return failure(payload.error());
  opened.payload = {job.data, payload->size};
  opened.next_header = payload->next_header;
  return opened;
}

void InboundSa::end_batch(TimePoint now) {
  if (!sizer_) return;
  window_.resize(sizer_->update(window_.capacity(), window_.highest(), now));
}

InboundSaSnapshot InboundSa::snapshot() const {
  return {.peer = options_.peer,
          .spi = options_.spi,
          .algorithm = aead_->algorithm(),
          .provider = aead_->provider(),
          .esn = options_.esn,
          .traffic = traffic_,
          .highest = window_.highest(),
          .replay_window = window_.capacity(),
          .self_sizing = sizer_.has_value(),
          .reorder_extent = sizer_ ? sizer_->extent() : 0,
          .replayed = replayed_,
          .too_old = too_old_,
          .icv_failed = icv_failed_,
          .path = options_.path};
}

}  // namespace hawser
