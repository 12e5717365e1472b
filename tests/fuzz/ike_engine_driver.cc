// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/ike_engine_driver.h"

#include <string>
#include <utility>

#include "ike-lite/ike_message.h"

namespace hawser::fuzz {
namespace {

constexpr std::size_t kRemembered = 8;

// Up to three octets changed, taken out or put in; or nothing.
void edit(Octets& octets, FuzzInput& input) {
  for (std::uint8_t count = input.u8() & 3; count > 0 && !octets.empty(); --count) {
    const std::size_t at = input.u16() % octets.size();
    const std::uint8_t how = input.u8();
    const auto place = octets.begin() + static_cast<std::ptrdiff_t>(at);
    switch (how & 3) {
      case 0:
        octets.erase(place);
        break;
      case 1:
        octets.insert(place, input.u8());
        break;
      default:
        *place = static_cast<std::uint8_t>(*place ^ (how >> 1 | 1));
    }
  }
}

ExchangeType exchange_of(std::uint8_t octet) {
  constexpr ExchangeType kTypes[] = {ExchangeType::kInformational, ExchangeType::kCreateChildSa,
                                     ExchangeType::kIkeAuth, ExchangeType::kIkeIntermediate};
  return kTypes[octet & 3];
}

}  // namespace

IkeEngineDriver::IkeEngineDriver(FuzzInput& input) : scene_(input), rogue_(scene_) {
  engine_ = std::make_unique<IkeEngine>(
      IkeEngine::Options{.random = &random_,
                         .spis = &spis_,
                         .pool = &pool_,
                         .epoch_offset = IkeWorld::kEpochOffset,
                         .max_half_open = 8,
                         .cookie_threshold = scene_.under_load ? 0u : 6u});
  const IkeWorld& world = IkeWorld::get();
  engine_->configure(world.local(scene_), world.peers(scene_), now_);
  drain();
  set_the_scene();
}

void IkeEngineDriver::set_the_scene() {
  if (scene_.engine_initiates) engine_->initiate(IkeWorld::kPeerA, now_);
  drain();
  if (scene_.start == IkeScene::Start::kFresh) return;
  if (!scene_.engine_initiates) deliver(rogue_.init_request());
  while (!to_say_.empty()) deliver(next_reply());
  if (scene_.start == IkeScene::Start::kHalfOpen || !rogue_.has_keys()) return;
  if (scene_.engine_initiates) {
    if (const auto wish = rogue_.answer()) {
      deliver_all(
          rogue_.seal({.exchange = static_cast<std::uint8_t>(wish->exchange), .is_response = true},
                      serialize_payloads(wish->payloads)));
    }
  } else {
    deliver_all(rogue_.seal({.exchange = static_cast<std::uint8_t>(ExchangeType::kIkeAuth)},
                            serialize_payloads(rogue_.auth_request())));
  }
  // Otherwise this target would test nothing but refusals.
  require(is_established_ == !scene_.is_impostor() && children_.empty() == scene_.is_impostor());
}

Octets IkeEngineDriver::next_reply() {
  Octets message = std::move(to_say_.front());
  to_say_.pop_front();
  return message;
}

void IkeEngineDriver::step(FuzzInput& input) {
  const std::uint8_t what = input.u8();
  pass_time(Milliseconds(10 * (what >> 3)));
  switch (what & 7) {
    case 0: {
      const std::uint8_t size = input.u8();
      return deliver(input.bytes(size), size);
    }
    case 1:
      return say_anything(input);
    case 2:
      return say(input, false);
    case 3:
      return say(input, true);
    case 4:
      return deliver_forged(input);
    case 5:
      return pass_time(Milliseconds(200) * input.u8());
    case 6:
      return do_as_the_owner(input);
    default: {
      if (to_say_.empty()) to_say_.push_back(rogue_.init_request());
      Octets message = next_reply();
      remember(message);
      edit(message, input);
      return deliver(std::move(message));
    }
  }
}

// Authentic, and whatever the input says.
void IkeEngineDriver::say_anything(FuzzInput& input) {
  if (!rogue_.has_keys()) return;
  const std::uint8_t how = input.u8();
  SerializedPayloads chain{.first = input.u8()};
  chain.bytes = input.bytes(input.u8());
  deliver_all(rogue_.seal({.exchange = static_cast<std::uint8_t>(exchange_of(how)),
                           .is_response = (how & 4) != 0,
                           .older_sa = (how & 8) != 0},
                          chain));
}

// Authentic, and right but for what the input changes.
void IkeEngineDriver::say(FuzzInput& input, bool as_answer) {
  if (!rogue_.has_keys()) return;
  const std::uint8_t how = input.u8();
  Spi ours(0x2000);
  if (!children_.empty()) {
    const Child& child = (how & 0x10) != 0 ? children_.begin()->second : children_.rbegin()->second;
    ours = child.spis_out.front();
  }
  std::optional<IkeRogue::Wish> wish;
  if (as_answer) {
    wish = rogue_.answer();
  } else {
    wish = rogue_.request(input.u8() % IkeRogue::kRequestKinds, ours);
  }
  if (!wish) return;
  SerializedPayloads chain = serialize_payloads(wish->payloads);
  edit(chain.bytes, input);
  auto exchange = static_cast<std::uint8_t>(wish->exchange);
  if ((how & 0x20) != 0) exchange = static_cast<std::uint8_t>(exchange_of(how));
  Datagrams datagrams =
      rogue_.seal({.exchange = exchange,
                   .is_response = as_answer,
                   .id_offset = static_cast<std::uint8_t>((how & 0x40) != 0 ? input.u8() : 0),
                   .older_sa = (how & 8) != 0,
                   .fragmented = (how & 4) != 0},
                  chain);
  if ((how & 0x80) != 0) std::ranges::reverse(datagrams);
  deliver_all(std::move(datagrams), how >> 6 & 1);
}

void IkeEngineDriver::deliver_forged(FuzzInput& input) {
  if (said_.empty()) return;
  Octets message = said_[input.u8() % said_.size()];
  const Octets genuine = message;
  edit(message, input);
  const bool was_sealed =
      message.size() > 17 && genuine.size() > 17 && (genuine[16] == 46 || genuine[16] == 53);
  if (!was_sealed || message == genuine) return deliver(std::move(message));
  // An altered sealed message is not authentic: it changes nothing, and nobody answers.
  pass_time(Duration(0));
  const std::string before = summary();
  const auto counts = std::pair(events_, transmits_);
  deliver(std::move(message));
  require(summary() == before && counts == std::pair(events_, transmits_));
}

void IkeEngineDriver::do_as_the_owner(FuzzInput& input) {
  const std::uint8_t what = input.u8();
  const Spi spi_in = children_.empty() ? Spi(0) : children_.rbegin()->second.spis_in.back();
  AddressPair path = IkeWorld::path();
  path.remote.port = what >> 4;
  switch (what & 7) {
    case 0:
      engine_->initiate(IkeWorld::kPeerA, now_);
      break;
    case 1:
      engine_->rekey_child(IkeWorld::kPeerA, now_);
      break;
    case 2:
      engine_->rekey_ike(IkeWorld::kPeerA, now_);
      break;
    case 3:
      engine_->handle_child_expiring(spi_in, now_);
      break;
    case 4:
      engine_->handle_child_expired(spi_in, now_);
      break;
    case 5:
      engine_->handle_link_change(now_);
      break;
    case 6:
      engine_->handle_peer_moved(IkeWorld::kPeerA, path, now_);
      engine_->handle_peer_heard(IkeWorld::kPeerA, now_);
      break;
    default:
      engine_->terminate(IkeWorld::kPeerA, now_);
  }
  drain();
}

void IkeEngineDriver::pass_time(Duration time) {
  now_ += time;
  engine_->handle_timeout(now_);
  drain();
  // Otherwise the event loop would turn for ever.
  const auto next = engine_->next_timeout();
  require(!next || *next > now_);
}

void IkeEngineDriver::deliver_all(Datagrams datagrams, std::uint8_t from) {
  for (auto& datagram : datagrams) {
    remember(datagram);
    deliver(std::move(datagram), from);
  }
}

// Genuine ones only: what was altered could be altered back.
void IkeEngineDriver::remember(const Octets& datagram) {
  said_.push_back(datagram);
  if (said_.size() > kRemembered) said_.pop_front();
}

void IkeEngineDriver::deliver(Octets message, std::uint8_t from) {
  if (message.empty()) return;
  AddressPair path = IkeWorld::path();
  if ((from & 1) != 0) path.remote.port = 1024;
  engine_->handle_message(path, message, now_);
  drain();
}

std::string IkeEngineDriver::summary() const {
  std::string text;
  for (const IkePeerStatus& peer : engine_->status(now_)) {
    text += peer.state + peer.last_error + std::to_string(peer.ike_rekeys) + "/" +
            std::to_string(peer.child_rekeys) + "/" + std::to_string(peer.children.size());
    if (peer.path) text += peer.path->remote.to_string();
    if (peer.spi_initiator) text += std::to_string(peer.spi_initiator->value());
  }
  return text + "/" + std::to_string(spis_.in_use());
}

}  // namespace hawser::fuzz
