// SPDX-License-Identifier: Apache-2.0
#include "tests/ike-lite/scripted_peer.h"

#include <gtest/gtest.h>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_duties.h"

namespace hawser {
namespace {

TransportAddress at(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

TrafficSelectors prefix(std::string_view text) {
  return {TrafficSelector::from_prefix(*IpPrefix::parse(text))};
}

}  // namespace

ScriptedPeer::ScriptedPeer(bool we_initiated)
    : path{.local = at("192.0.2.1", 4500), .remote = at("192.0.2.2", 4500)} {
  config.id = PeerId(1);
  config.ike_ciphers = {AeadAlgorithm::kAes256Gcm};
  config.esp_ciphers = config.ike_ciphers;
  config.groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256};
  config.local = prefix("10.1.0.0/16");
  config.remote = prefix("10.2.0.0/16");
  config.dead_peer_interval = Seconds(0);
  environment.random = &random;
  environment.spis = &spis;
  const IkeSpiPair pair{.initiator = IkeSpi(11), .responder = IkeSpi(22)};
  sa = std::make_unique<IkeSa>(
      IkeSa::Options{
          .environment = &environment, .peer = &config, .we_initiated = we_initiated, .spis = pair},
      IkeSa::State::kEstablished, now);
  sa->facts().path = path;
  sa->facts().is_authenticated = true;
  sa->facts().mobike = true;
  sa->facts().may_update_addresses = we_initiated;
  const Secret shared(32);
  const std::vector<std::uint8_t> nonce(32, 7);
  const auto derive = [&] {
    return derive_ike_keys(PrfAlgorithm::kHmacSha256, AeadAlgorithm::kAes256Gcm, shared,
                           {.initiator = nonce, .responder = nonce}, pair);
  };
  EXPECT_TRUE(sa->set_keys(derive()));
  keys_ = derive();
  protection_ = std::move(*MessageProtection::make(keys_, !we_initiated));
  start_duties(*sa, now);
}

std::optional<ScriptedPeer::Message> ScriptedPeer::sent() {
  std::optional<IkeTransmit> transmit = sa->poll_transmit();
  if (!transmit) return std::nullopt;
  auto opened = protection_->open(MutableByteSpan(transmit->bytes).subspan(4));
  if (!opened) return std::nullopt;
  auto payloads = parse_payloads(opened->first_payload, opened->inside);
  if (!payloads) return std::nullopt;
  return Message{
      .header = opened->header, .payloads = std::move(*payloads), .to = transmit->addresses};
}

void ScriptedPeer::deliver(ExchangeType type, bool is_response, MessageId id,
                           const IkePayloads& payloads) {
  const IkeHeader header{.spi_initiator = sa->spis().initiator,
                         .spi_responder = sa->spis().responder,
                         .exchange = static_cast<std::uint8_t>(type),
                         .from_initiator = !sa->we_initiated(),
                         .is_response = is_response,
                         .message_id = id};
  Datagrams datagrams = protection_->seal(header, serialize_payloads(payloads), 0);
  const IkeHeader parsed = *IkeHeader::parse(datagrams.at(0));
  EXPECT_EQ(sa->handle_message(path, parsed, datagrams[0], now), MessageFate::kTaken);
}

void ScriptedPeer::answer(const Message& request, const IkePayloads& payloads) {
  deliver(static_cast<ExchangeType>(request.header.exchange), true, request.header.message_id,
          payloads);
}

ScriptedPeer::Message ScriptedPeer::ask(ExchangeType type, const IkePayloads& payloads) {
  deliver(type, false, next_id_, payloads);
  next_id_ = MessageId(next_id_.value() + 1);
  // The answer comes before anything that follows from it.
  std::optional<Message> message = sent();
  EXPECT_TRUE(message && message->header.is_response);
  return message ? std::move(*message) : Message();
}

void ScriptedPeer::run_for(Duration time) {
  const TimePoint end = now + time;
  while (sa->next_timeout() && *sa->next_timeout() <= end) {
    now = std::max(now, *sa->next_timeout());
    sa->handle_timeout(now);
  }
  now = end;
}

std::vector<IkeEvent> ScriptedPeer::events() {
  std::vector<IkeEvent> events;
  while (std::optional<IkeEvent> event = sa->poll_event()) events.push_back(std::move(*event));
  return events;
}

Spi ScriptedPeer::add_child(Spi peers_spi) {
  ChildSa child{.id = environment.make_child_id(),
                .spis_in = {*spis.allocate(0)},
                .spis_out = {peers_spi},
                .local = config.local,
                .remote = config.remote,
                .created = now};
  const ChildId id = child.id;
  const Spi ours = child.spis_in.front();
  sa->children().push_back(std::move(child));
  send_on(*sa, id);
  set_children_timer(*sa);
  return ours;
}

}  // namespace hawser
