// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inbound_sa.h"

#include <utility>

#include "antireplay/esn_reconstructor.h"

namespace hawser {

Result<std::unique_ptr<InboundSa>, AeadError> InboundSa::make(const Options& options, SaKey key) {
  if (!key.is_complete()) return failure(AeadError::kKeySize);
  auto aead = make_aead(key.algorithm, key.key());
  if (!aead) return failure(aead.error());
  return std::unique_ptr<InboundSa>(new InboundSa(options, std::move(key), std::move(*aead)));
}

InboundSa::InboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead)
    : options_(options),
      key_(std::move(key)),
      aead_(std::move(aead)),
      window_(options.replay_window.value_or(WindowSizer::Options().min_capacity)) {
  if (!options.replay_window) sizer_.emplace(WindowSizer::Options());
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

Result<InboundSa::Pending, DropReason> InboundSa::prepare(MutableByteSpan packet, AeadPacket& job,
                                                          TimePoint now) {
  const auto header = EspHeader::parse(packet);
  if (!header) return failure(header.error());
  Pending pending;
  pending.sequence = options_.esn ? reconstruct_esn(header->sequence_low, window_.highest())
                                  : SequenceNumber(header->sequence_low);
  const ReplayVerdict verdict = window_.check(pending.sequence);
  pending.is_sample = verdict == ReplayVerdict::kTooOld && sizer_ && sizer_->take_sample(now);
  if (verdict != ReplayVerdict::kFresh && !pending.is_sample) return failure(replay_drop(verdict));
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
  if (sizer_ && job.authentic && number < highest) sizer_->note_late(highest - number);
  if (pending.is_sample) return failure(replay_drop(ReplayVerdict::kTooOld));
  if (!job.authentic) {
    ++icv_failed_;
    return failure(DropReason::kIcvFailed);
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
          .icv_failed = icv_failed_};
}

}  // namespace hawser
