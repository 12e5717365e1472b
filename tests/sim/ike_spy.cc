// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_spy.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/message_protection.h"
#include "tests/sim/ike_payload_text.h"

namespace hawser {
namespace {

// Gives one value, as an end drew it.
class OneValue final : public Random {
 public:
  explicit OneValue(const std::vector<std::uint8_t>& value) : value_(value) {}
  void fill(MutableByteSpan bytes) override {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = value_[i % value_.size()];
  }

 private:
  const std::vector<std::uint8_t>& value_;
};

struct Tapped {
  IkeKeys keys;
  std::unique_ptr<MessageProtection> opens_initiator;
  std::unique_ptr<MessageProtection> opens_responder;
  // The last request of each end.
  std::map<bool, IkePayloads> requests;
};

class Spy {
 public:
  explicit Spy(const IkeSimulation& simulation) : simulation_(simulation) {}
  std::string line(const IkeSimulation::Record& record);

 private:
  std::string text_of(const IkeDatagram& datagram);
  std::string open(const IkeHeader& header, const IkeDatagram& datagram);
  void learn_init(const IkeMessage& message);
  void learn_rekey(Tapped& old, const IkePayloads& request, const IkePayloads& response);
  void tap(const IkeSpiPair& spis, IkeKeys keys);
  std::unique_ptr<KeyExchange> private_key_of(const KeyExchangePayload& payload) const;

  const IkeSimulation& simulation_;
  std::map<IkeSpi, IkePayloads> init_requests_;
  std::map<std::pair<IkeSpi, IkeSpi>, Tapped> tapped_;
};

std::optional<IkeSuite> suite_of(const SaPayload& answer) {
  const IkeSuitePolicy all{
      .ciphers = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                  AeadAlgorithm::kChaCha20Poly1305},
      .prfs = {PrfAlgorithm::kHmacSha256, PrfAlgorithm::kHmacSha384, PrfAlgorithm::kHmacSha512},
      .groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256}};
  const Result<ChosenIkeSuite, std::string> chosen = accept_answer(answer, answer, all);
  if (!chosen) return std::nullopt;
  return chosen->suite;
}

// Whose public value it is: one of both ends drew the private one.
std::unique_ptr<KeyExchange> Spy::private_key_of(const KeyExchangePayload& payload) const {
  const std::optional<KeyExchangeGroup> group = group_from_wire(payload.group);
  if (!group) return nullptr;
  for (const IkeHost* host : {&simulation_.left, &simulation_.right}) {
    for (const auto& drawn : host->random.drawn()) {
      OneValue value(drawn);
      auto made = KeyExchange::generate(*group, value);
      if (made && std::ranges::equal((*made)->public_value(), payload.data)) {
        return std::move(*made);
      }
    }
  }
  return nullptr;
}

void Spy::tap(const IkeSpiPair& spis, IkeKeys keys) {
  Tapped& tapped = tapped_[{spis.initiator, spis.responder}];
  if (tapped.opens_initiator != nullptr) return;
  auto of_initiator = MessageProtection::make(keys, false);
  auto of_responder = MessageProtection::make(keys, true);
  if (!of_initiator || !of_responder) return;
  tapped.opens_initiator = std::make_unique<MessageProtection>(std::move(*of_initiator));
  tapped.opens_responder = std::make_unique<MessageProtection>(std::move(*of_responder));
  tapped.keys = std::move(keys);
}

void Spy::learn_init(const IkeMessage& message) {
  const IkeHeader& header = message.header;
  if (!header.is_response) {
    init_requests_[header.spi_initiator] = message.payloads;
    return;
  }
  const IkePayloads& request = init_requests_[header.spi_initiator];
  const IkePayloads& response = message.payloads;
  if (!response.sa || !response.key_exchange || !response.nonce) return;
  if (!request.key_exchange || !request.nonce) return;
  const std::optional<IkeSuite> suite = suite_of(*response.sa);
  const auto ours = private_key_of(*request.key_exchange);
  if (!suite || ours == nullptr) return;
  const auto shared = ours->shared_secret(response.key_exchange->data);
  if (!shared) return;
  const IkeSpiPair spis{header.spi_initiator, header.spi_responder};
  tap(spis, derive_ike_keys(suite->prf, suite->encryption, *shared,
                            {.initiator = *request.nonce, .responder = *response.nonce}, spis));
}

void Spy::learn_rekey(Tapped& old, const IkePayloads& request, const IkePayloads& response) {
  if (!request.sa || !response.sa || !request.nonce || !response.nonce) return;
  if (!request.key_exchange || !response.key_exchange) return;
  const std::vector<std::uint8_t>& ours = request.sa->proposals.at(0).spi;
  const std::vector<std::uint8_t>& peers = response.sa->proposals.at(0).spi;
  const std::optional<IkeSuite> suite = suite_of(*response.sa);
  if (ours.size() != 8 || peers.size() != 8 || !suite) return;
  const auto key = private_key_of(*request.key_exchange);
  if (key == nullptr) return;
  const auto shared = key->shared_secret(response.key_exchange->data);
  if (!shared) return;
  const IkeSpiPair spis{IkeSpi(load_be64(ours.data())), IkeSpi(load_be64(peers.data()))};
  tap(spis,
      derive_rekeyed_ike_keys(old.keys, suite->prf, suite->encryption, *shared,
                              {.initiator = *request.nonce, .responder = *response.nonce}, spis));
}

std::string Spy::open(const IkeHeader& header, const IkeDatagram& datagram) {
  const auto found = tapped_.find({header.spi_initiator, header.spi_responder});
  if (found == tapped_.end()) return "(keys unknown)";
  Tapped& tapped = found->second;
  MessageProtection& protection =
      header.from_initiator ? *tapped.opens_initiator : *tapped.opens_responder;
  std::vector<std::uint8_t> copy(datagram.message().begin(), datagram.message().end());
  const auto opened = protection.open(copy);
  if (!opened) {
    return opened.error() == MessageProtection::OpenError::kIncomplete ? "(a fragment)"
                                                                       : "(not authentic)";
  }
  const auto payloads = parse_payloads(opened->first_payload, opened->inside);
  if (!payloads) return "(malformed)";
  if (!header.is_response) {
    tapped.requests[header.from_initiator] = *payloads;
  } else if (const auto request = tapped.requests.find(!header.from_initiator);
             request != tapped.requests.end()) {
    learn_rekey(tapped, request->second, *payloads);
  }
  return text_of_payloads(*payloads);
}

std::string Spy::text_of(const IkeDatagram& datagram) {
  const Result<IkeHeader, WireFailure> header = IkeHeader::parse(datagram.message());
  if (!header) return "garbage";
  const std::string text = text_of_header(*header) + ": ";
  if (header->exchange != static_cast<std::uint8_t>(ExchangeType::kIkeSaInit)) {
    return text + open(*header, datagram);
  }
  const Result<IkeMessage, WireFailure> message = IkeMessage::parse(datagram.message());
  if (!message) return text + "(malformed)";
  learn_init(*message);
  return text + text_of_payloads(message->payloads);
}

std::string Spy::line(const IkeSimulation::Record& record) {
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f ",
                std::chrono::duration<double>(record.at.time_since_epoch()).count());
  if (!record.message) {
    return time + std::string(record.of_left ? "left  " : "                    right  ") +
           record.event + "\n";
  }
  const std::string text = text_of(*record.message);
  return time + (record.of_left ? "left  --- " + text + " --->" : "left <--- " + text + " ---") +
         (record.fate.empty() ? "" : " (" + record.fate + ")") + "\n";
}

}  // namespace

std::string transcript_of(const IkeSimulation& simulation) {
  Spy spy(simulation);
  std::string text;
  for (const IkeSimulation::Record& record : simulation.records()) text += spy.line(record);
  return text;
}

}  // namespace hawser
