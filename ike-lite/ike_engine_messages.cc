// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ike-lite/ike_engine_impl.h"
#include "ike-lite/ike_sa_init.h"

namespace hawser {

void IkeEngine::Impl::handle_message(const AddressPair& from, MutableByteSpan message,
                                     TimePoint now) {
  ++counters.received;
  const Result<IkeHeader, WireFailure> header = IkeHeader::parse(message);
  // RFC 7296 section 2.5: a higher minor version is no reason; a higher major one is not ours.
  if (!header || header->length != message.size() || header->major_version != 2 ||
      header->spi_initiator == IkeSpi(0)) {
    ++counters.malformed;
    if (header && header->major_version > 2) {
      refuse(from, *header, {NotifyType::kInvalidMajorVersion, {}}, now);
    }
    return;
  }
  const bool is_init = header->exchange == static_cast<std::uint8_t>(ExchangeType::kIkeSaInit);
  if (is_init && !header->is_response) {
    handle_init(from, *header, message, now);
    return;
  }
  // The sender's flag says whose SPI is ours.
  Entry* entry = table.find(header->from_initiator ? header->spi_responder : header->spi_initiator);
  if (entry == nullptr) {
    ++counters.unknown_spi;
    return;
  }
  switch (entry->sa->handle_message(from, *header, message, now)) {
    case MessageFate::kTaken:
      break;
    case MessageFate::kMalformed:
      ++counters.malformed;
      break;
    case MessageFate::kNotAuthentic:
      ++counters.not_authentic;
      break;
    case MessageFate::kUnexpected:
      ++counters.unexpected;
      break;
  }
  settle(*entry, now);
}

void IkeEngine::Impl::handle_init(const AddressPair& from, const IkeHeader& header, ByteSpan octets,
                                  TimePoint now) {
  if (!header.from_initiator || header.spi_responder != IkeSpi(0) ||
      header.message_id != MessageId(0)) {
    ++counters.unexpected;
    return;
  }
  // RFC 7296 section 2.1: the same request gets the same answer; at another address it is not a
  // retransmission but a recording, which must not be told whether we are here.
  Entry* const known = table.find_half_open(header.spi_initiator, octets);
  if (known != nullptr && known->sa->facts().path.remote.address == from.remote.address) {
    for (const auto& datagram : known->sa->responses().last_response()) send(from, datagram);
    return;
  }
  const Result<IkeMessage, WireFailure> request = IkeMessage::parse(octets);
  if (!request) {
    ++counters.malformed;
    // RFC 7296 section 2.5.
    if (request.error().error == WireError::kCriticalPayload) {
      refuse(from, header,
             {NotifyType::kUnsupportedCriticalPayload, {request.error().payload_type}}, now);
    }
    return;
  }
  switch (gate.judge(
      *request, from,
      {.time = now, .unix_seconds = environment.unix_seconds(now), .half_open = table.half_open()},
      counters)) {
    case InitGate::Verdict::kDrop:
      return;
    case InitGate::Verdict::kDemandCookie:
      send(from,
           refuse_ike_sa_init(header, NotifyType::kCookie, gate.make_cookie(*request, from, now)));
      return;
    case InitGate::Verdict::kAdmit:
      break;
  }
  InitAnswer answer =
      answer_ike_sa_init(environment, {.message = &*request, .octets = octets, .from = from}, now);
  if (!answer.refusal.empty()) send(from, answer.refusal);
  const IkePeerConfig* peer = environment.peers.suspect(from.remote.address);
  if (!answer.what.empty() && peer != nullptr) say_trouble(peer->id, answer.what, now);
  if (answer.sa != nullptr) settle(table.add(std::move(answer.sa)), now);
}

void IkeEngine::Impl::refuse(const AddressPair& to, const IkeHeader& header, InitError error,
                             TimePoint now) {
  const bool is_request = header.from_initiator && !header.is_response;
  if (!is_request || header.spi_initiator == IkeSpi(0) || header.spi_responder != IkeSpi(0)) return;
  if (!gate.allows_error(header, to.remote.address, now)) return;
  send(to, refuse_ike_sa_init(header, error.notify, std::move(error.data)));
}

void IkeEngine::Impl::send(const AddressPair& to, const std::vector<std::uint8_t>& message) {
  IkeTransmit transmit{.addresses = to};
  // RFC 3948 section 2.2.
  if (to.local.port != kIkePort) transmit.bytes.resize(4);
  transmit.bytes.insert(transmit.bytes.end(), message.begin(), message.end());
  transmits.push_back(std::move(transmit));
  ++counters.sent;
}

void IkeEngine::Impl::settle(Entry& entry, TimePoint now) {
  while (std::optional<IkeTransmit> transmit = entry.sa->poll_transmit()) {
    transmits.push_back(std::move(*transmit));
    ++counters.sent;
  }
  take_events(entry, now);
  while (std::unique_ptr<IkeSa> successor = entry.sa->take_successor()) {
    const PeerId peer = successor->peer_id();
    Entry& added = table.add(std::move(successor));
    // It is no new acquaintance: nothing is told, and no duplicate looked for.
    added.seen = added.sa->state();
    // What is to go as a duplicate goes, though the peer replaced it meanwhile.
    if (entry.retire_at) added.retire_at = std::min(*entry.retire_at, now);
    if (PeerRecord* record = record_of(peer)) record->sas.push_back(added.sa->local_spi());
    added.sa->handle_timeout(now);
    settle(added, now);
  }
  follow_state(entry, now);
  doubt(entry, now);
  // What that led to.
  take_events(entry, now);
  if (entry.sa->state() == IkeSa::State::kDead) {
    table.erase(entry.sa->local_spi());
  } else {
    table.update(entry);
  }
}

void IkeEngine::Impl::take_events(Entry& entry, TimePoint now) {
  while (std::optional<IkeEvent> event = entry.sa->poll_event()) {
    if (const auto* trouble = std::get_if<PeerTrouble>(&*event)) {
      say_trouble(trouble->peer, trouble->what, now);
      continue;
    }
    // What is to go takes nothing over any more.
    const bool is_ending = entry.retire_at || entry.sa->state() == IkeSa::State::kDeleting;
    if (is_ending && std::holds_alternative<ChildSending>(*event)) continue;
    if (const auto* established = std::get_if<PeerEstablished>(&*event)) {
      if (PeerRecord* record = record_of(established->peer)) record->last_error.clear();
    }
    events.push_back(std::move(*event));
  }
}

void IkeEngine::Impl::say_trouble(PeerId peer, std::string what, TimePoint now) {
  PeerRecord* record = record_of(peer);
  if (record == nullptr) return;
  record->last_error = what;
  if (record->may_say(what, now)) {
    events.push_back(PeerTrouble{.peer = peer, .what = std::move(what)});
  }
}

}  // namespace hawser
