// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/ike_world.h"

#include <string_view>

namespace hawser::fuzz {
namespace {

IdentityPrivateKey copy_of(const IdentityPrivateKey& key) {
  return std::move(*IdentityPrivateKey::parse(as_text(key.to_text().bytes())));
}

Secret shared_key(std::string_view text) {
  return Secret::copy_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TrafficSelectors selectors(std::initializer_list<std::string_view> prefixes) {
  TrafficSelectors result;
  for (const auto text : prefixes) {
    result.push_back(TrafficSelector::from_prefix(*IpPrefix::parse(text)));
  }
  return result;
}

}  // namespace

std::optional<IpAddress> FuzzPool::lease(const IkeIdentity& identity, IpFamily family) {
  if (family != IpFamily::kV4) return std::nullopt;
  return IpAddress::parse(identity.type == 2 ? "10.2.0.77" : "10.2.0.78");
}

IkeScene::IkeScene(FuzzInput& input) {
  const std::uint8_t first = input.u8();
  const std::uint8_t second = input.u8();
  start = (first & 2) != 0   ? Start::kEstablished
          : (first & 1) != 0 ? Start::kHalfOpen
                             : Start::kFresh;
  engine_initiates = (first & 0x04) != 0;
  raw_keys = (first & 0x08) != 0;
  wrong_secret = (first & 0x10) != 0;
  wrong_identity = (first & 0x20) != 0;
  hawser = (first & 0x40) != 0;
  under_load = (first & 0x80) != 0;
  quiet = (second & 0x01) != 0;
  addresses = (second & 0x02) != 0;
  short_lives = (second & 0x04) != 0;
  sets = (second & 0x08) != 0;
}

const IkeWorld& IkeWorld::get() {
  static const IkeWorld world = [] {
    RepeatableRandom random;
    return IkeWorld{.engine_key = IdentityPrivateKey::generate(random),
                    .key_a = IdentityPrivateKey::generate(random),
                    .key_b = IdentityPrivateKey::generate(random),
                    .key_of_nobody = IdentityPrivateKey::generate(random),
                    .engine_identity = *IkeIdentity::parse("gw.lab"),
                    .identity_a = *IkeIdentity::parse("a.lab"),
                    .identity_b = *IkeIdentity::parse("b.lab")};
  }();
  return world;
}

IkeLocalConfig IkeWorld::local(const IkeScene& scene) const {
  return {.identity = engine_identity, .raw_key = copy_of(engine_key), .quiet = scene.quiet};
}

std::vector<IkePeerConfig> IkeWorld::peers(const IkeScene& scene) const {
  std::vector<IkePeerConfig> peers;
  for (const bool is_a : {true, false}) {
    IkePeerConfig peer{.id = is_a ? kPeerA : kPeerB,
                       .name = is_a ? "a" : "b",
                       .interop = !scene.hawser,
                       .initiate = false,
                       .identity = is_a ? identity_a : identity_b};
    if (is_a) peer.endpoint = path().remote;
    if (scene.raw_keys) {
      peer.auth = RawKeyAuth{(is_a ? key_a : key_b).public_key()};
    } else {
      peer.auth = SharedKeyAuth{shared_key(is_a ? "of a" : "of b")};
    }
    peer.ike_ciphers = {AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305};
    peer.esp_ciphers = peer.ike_ciphers;
    peer.groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256};
    peer.local = engine_side();
    peer.remote = peer_side();
    peer.request_address = scene.addresses && scene.engine_initiates;
    peer.give_address = scene.addresses && !scene.engine_initiates;
    if (scene.sets) peer.child_sas = 3;
    if (scene.short_lives) {
      peer.rekey_time = Seconds(20);
      peer.ike_rekey_time = Seconds(45);
    }
    peers.push_back(std::move(peer));
  }
  return peers;
}

IkeLocalConfig IkeWorld::rogue_local(const IkeScene& scene) const {
  return {.identity = scene.wrong_identity ? identity_b : identity_a,
          .raw_key = copy_of(scene.wrong_secret ? key_of_nobody : key_a)};
}

PeerAuth IkeWorld::rogue_auth(const IkeScene& scene) const {
  if (scene.raw_keys) return RawKeyAuth{engine_key.public_key()};
  return SharedKeyAuth{shared_key(scene.wrong_secret ? "of nobody" : "of a")};
}

AddressPair IkeWorld::path() {
  return {*TransportAddress::parse("192.0.2.1:4500"), *TransportAddress::parse("192.0.2.2:4500")};
}

TrafficSelectors IkeWorld::engine_side() { return selectors({"10.1.0.0/16", "fd01::/16"}); }
TrafficSelectors IkeWorld::peer_side() { return selectors({"10.2.0.0/16", "fd02::/16"}); }

}  // namespace hawser::fuzz
