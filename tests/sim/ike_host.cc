// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_host.h"

#include <string_view>
#include <utility>

namespace hawser {
namespace {

constexpr std::int64_t kEpochOffset = 1'790'000'000;

Secret secret(std::string_view text) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  return Secret::copy_of(octets);
}

IkeIdentity identity_of(const IkeHostSpec& spec) {
  if (!spec.raw_keys) return *IkeIdentity::parse(spec.name + ".example");
  return IkeIdentity::from_key(IkeHost::raw_key(spec).public_key().octets);
}

// 10.1.0.0/16 behind an end with the address 192.0.2.1, and so on.
TrafficSelectors networks(const IkeHostSpec& spec) {
  const std::string number = std::to_string(spec.home.address.octets()[3]);
  TrafficSelectors selectors = {
      TrafficSelector::from_prefix(*IpPrefix::parse("10." + number + ".0.0/16")),
      TrafficSelector::from_prefix(*IpPrefix::parse("fd0" + number + "::/16"))};
  for (unsigned i = 0; i < spec.extra_networks; ++i) {
    selectors.push_back(TrafficSelector::from_prefix(
        *IpPrefix::parse("172." + number + "." + std::to_string(2 * i) + ".0/24")));
  }
  return selectors;
}

IkePeerConfig peer_config(const IkeHostSpec& ours, const IkeHostSpec& peers) {
  IkePeerConfig config{.id = IkeHost::kPeer,
                       .name = peers.name,
                       .initiate = ours.initiates,
                       .identity = identity_of(peers),
                       .ike_ciphers = ours.ciphers,
                       .esp_ciphers = ours.ciphers,
                       .groups = ours.groups,
                       .pfs = ours.pfs,
                       .local = networks(ours),
                       .remote = networks(peers),
                       .child_sas = ours.child_sas,
                       .rekey_time = ours.rekey_time,
                       .ike_rekey_time = ours.ike_rekey_time,
                       .dead_peer_interval = ours.dead_peer_interval};
  if (ours.knows_endpoint) config.endpoint = peers.home;
  if (ours.raw_keys) {
    config.auth = RawKeyAuth{IkeHost::raw_key(peers).public_key()};
  } else {
    config.auth = SharedKeyAuth{secret("what both ends know")};
  }
  if (ours.ppk != IkeHostSpec::Ppk::kNone) {
    config.post_quantum_key = PostQuantumKey{.id = "ppk",
                                             .key = secret("0123456789abcdef0123456789abcdef"),
                                             .required = ours.ppk == IkeHostSpec::Ppk::kRequired};
  }
  return config;
}

}  // namespace

void RememberingRandom::fill(MutableByteSpan bytes) {
  random_.fill(bytes);
  if (remembers && bytes.size() == 32) drawn_.emplace_back(bytes.begin(), bytes.end());
}

IdentityPrivateKey IkeHost::raw_key(const IkeHostSpec& of) {
  SeededRandom key_random(of.seed + 0x1000000);
  return IdentityPrivateKey::generate(key_random);
}

IkeHost::IkeHost(IkeHostSpec given)
    : spec(std::move(given)),
      address(spec.home),
      random(spec.seed),
      spis(spec.seed + 0x2000000),
      ledger(spis) {}

void IkeHost::start(const IkeHostSpec& peer, TimePoint now) {
  engine_.reset();
  spis.forget();
  ledger.restart();
  engine_ = std::make_unique<IkeEngine>(
      IkeEngine::Options{.random = &random, .spis = &spis, .epoch_offset = kEpochOffset});
  IkeLocalConfig local{.identity = identity_of(spec), .quiet = spec.quiet};
  if (spec.raw_keys) local.raw_key = raw_key(spec);
  std::vector<IkePeerConfig> peers;
  peers.push_back(peer_config(spec, peer));
  engine_->configure(std::move(local), std::move(peers), now);
}

}  // namespace hawser
