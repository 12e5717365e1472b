// SPDX-License-Identifier: Apache-2.0
#include "tunnel/outbound_sa.h"

#include <utility>

namespace hawser {

Result<std::unique_ptr<OutboundSa>, AeadError> OutboundSa::make(
    const Options& options, SaKey key, const std::optional<SaSelectors>& selectors) {
  if (!key.is_complete()) return failure(AeadError::kKeySize);
  auto aead = make_aead(key.algorithm, key.key());
  if (!aead) return failure(aead.error());
  std::unique_ptr<OutboundSa> sa(new OutboundSa(options, std::move(key), std::move(*aead)));
  if (selectors) sa->selectors_.emplace(*selectors);
  return sa;
}

OutboundSa::OutboundSa(const Options& options, SaKey key, std::unique_ptr<Aead> aead)
    : options_(options),
      key_(std::move(key)),
      aead_(std::move(aead)),
      next_(options.first.value()),
      last_(options.esn ? UINT64_MAX - 1 : UINT32_MAX),
      lifetime_(options.lifetime, options.born) {
  if (options.reserved) reserve_.emplace(*options.reserved, SaDirection::kOutbound);
}

Result<void, DropReason> OutboundSa::prepare(std::uint8_t* packet, std::size_t inner_size,
                                             std::uint8_t next_header, AeadPacket& job,
                                             TimePoint now) {
  if (next_ > last_) return failure(DropReason::kSequenceExhausted);
  if (!lifetime_.allows(traffic_, now)) return failure(DropReason::kLifetimeOver);
  if (reserve_ && !reserve_->covers(SequenceNumber(next_))) {
    return failure(DropReason::kSequenceNotReserved);
  }
  const SequenceNumber sequence(next_++);
  const EspHeader header{options_.spi, static_cast<std::uint32_t>(sequence.value()),
                         sequence.value()};
  header.serialize(packet);
  std::uint8_t* inner = packet + kEspHeadroom;
  write_esp_trailer(inner, inner_size, next_header);
  job.data = inner;
  job.size = inner_size + esp_pad_size(inner_size) + kEspTrailerSize;
  job.icv = inner + job.size;
  fill_aead_inputs(job, key_.salt(), header, sequence, options_.esn);
  traffic_.packets += 1;
  traffic_.bytes += inner_size;
  return {};
}

void OutboundSa::skip_past(SequenceNumber floor) {
  const std::uint64_t number = floor.value();
  if (number < next_ || number - next_ >= kMaxSkip || number >= last_) return;
  next_ = number + 1;
}

OutboundSaSnapshot OutboundSa::snapshot() const {
  return {.peer = options_.peer,
          .spi = options_.spi,
          .algorithm = aead_->algorithm(),
          .provider = aead_->provider(),
          .esn = options_.esn,
          .traffic = traffic_,
          .sent = SequenceNumber(next_ - 1)};
}

}  // namespace hawser
