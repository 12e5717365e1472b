// SPDX-License-Identifier: Apache-2.0
#include "bench/ike_world.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hawser {
namespace {

constexpr std::uint16_t kPort = 4500;
constexpr std::int64_t kEpochOffset = 1'800'000'000;

const TransportAddress& gateway_address() {
  static const TransportAddress address = *TransportAddress::parse("192.0.2.1:4500");
  return address;
}
const TransportAddress& clients_address() {
  static const TransportAddress address = *TransportAddress::parse("192.0.2.2:4500");
  return address;
}

IpAddress address_of(unsigned peer) {
  std::uint8_t octets[4];
  store_be32(octets, 0x0a000000 + peer + 1);
  return IpAddress::v4(octets);
}

TrafficSelectors whole(const IpAddress& address) {
  return {TrafficSelector::from_prefix({address, 32})};
}

IkeIdentity identity_of(unsigned peer) {
  return *IkeIdentity::parse("client-" + std::to_string(peer) + ".example");
}

IkePeerConfig make_peer(unsigned peer, const IdentityPublicKey& key) {
  return {.id = PeerId(peer + 1),
          .name = "peer-" + std::to_string(peer),
          .initiate = false,
          .auth = RawKeyAuth{key},
          .ike_ciphers = {AeadAlgorithm::kAes256Gcm},
          .esp_ciphers = {AeadAlgorithm::kAes256Gcm},
          .groups = {KeyExchangeGroup::kX25519}};
}

}  // namespace

IkeWorld::IkeWorld(unsigned peers) {
  const IkeEngine::Options options = {
      .random = &random_, .spis = &spis_, .epoch_offset = kEpochOffset};
  gateway_ = std::make_unique<IkeEngine>(options);
  clients_ = std::make_unique<IkeEngine>(options);
  IdentityPrivateKey gateway_key = IdentityPrivateKey::generate(random_);
  IdentityPrivateKey client_key = IdentityPrivateKey::generate(random_);
  const IdentityPublicKey gateway_public = gateway_key.public_key();
  const IdentityPublicKey client_public = client_key.public_key();
  const IkeIdentity gateway_identity = IkeIdentity::from_key(gateway_public.octets);

  std::vector<IkePeerConfig> of_gateway;
  std::vector<IkePeerConfig> of_clients;
  const TrafficSelectors behind_gateway = whole(*IpAddress::parse("203.0.113.1"));
  for (unsigned peer = 0; peer < peers; ++peer) {
    IkePeerConfig& there = of_gateway.emplace_back(make_peer(peer, client_public));
    there.identity = identity_of(peer);
    there.local = behind_gateway;
    there.remote = whole(address_of(peer));
    IkePeerConfig& here = of_clients.emplace_back(make_peer(peer, gateway_public));
    here.endpoint = TransportAddress{address_of(peer), kPort};
    here.identity = gateway_identity;
    here.local_identity = identity_of(peer);
    here.local = whole(address_of(peer));
    here.remote = behind_gateway;
  }
  gateway_->configure(
      {.identity = gateway_identity, .raw_key = std::move(gateway_key), .quiet = true},
      std::move(of_gateway), now_);
  clients_->configure(
      {.identity = IkeIdentity::from_key(client_public.octets), .raw_key = std::move(client_key)},
      std::move(of_clients), now_);
  pump();
}

void IkeWorld::handshake(unsigned peer) {
  clients_->initiate(PeerId(peer + 1), now_);
  pump();
}

void IkeWorld::run_for(Duration time) {
  const TimePoint end = now_ + time;
  for (;;) {
    TimePoint next = end;
    for (IkeEngine* engine : {gateway_.get(), clients_.get()}) {
      next = std::min(next, engine->next_timeout().value_or(end));
    }
    now_ = std::max(now_, next);
    if (now_ >= end) return;
    for (IkeEngine* engine : {gateway_.get(), clients_.get()}) engine->handle_timeout(now_);
    pump();
  }
}

void IkeWorld::pump() {
  while (pump_from(*clients_, *gateway_, gateway_address()) ||
         pump_from(*gateway_, *clients_, clients_address())) {
  }
  drop_events(*gateway_);
  drop_events(*clients_);
}

// The address of the peer stands for the other end on both sides.
bool IkeWorld::pump_from(IkeEngine& sender, IkeEngine& receiver,
                         const TransportAddress& receiver_address) {
  std::optional<IkeTransmit> sent = sender.poll_transmit();
  if (!sent) return false;
  ++messages_;
  const AddressPair arrived = {.local = receiver_address, .remote = sent->addresses.remote};
  constexpr std::size_t kMarkerSize = 4;
  receiver.handle_message(arrived, MutableByteSpan(sent->bytes).subspan(kMarkerSize), now_);
  return true;
}

void IkeWorld::drop_events(IkeEngine& engine) {
  while (const std::optional<IkeEvent> event = engine.poll_event()) {
    installed_ += std::holds_alternative<ChildInstalled>(*event) ? 1 : 0;
    lost_ += std::holds_alternative<PeerLost>(*event) ? 1 : 0;
  }
}

}  // namespace hawser
