// SPDX-License-Identifier: Apache-2.0
// What an IKE handshake is made of, each step alone. "bare" is the curve operation of libsodium
// without our objects: a handshake may cost 1.5 times the sum of its bare steps.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <memory>
#include <vector>

#include "crypto/aead_message.h"
#include "crypto/digest.h"
#include "crypto/identity_key.h"
#include "crypto/key_exchange.h"
#include "crypto/prf.h"
#include "crypto/system_random.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;
// Before it is initialised, libsodium has not chosen the functions for this CPU.
const SystemRandom initialised;
const Octets kMessage(600, 7);  // about an IKE_SA_INIT message with what else AUTH signs

void bare_x25519_public(benchmark::State& state) {
  std::array<std::uint8_t, 32> scalar{1};
  std::array<std::uint8_t, 32> point{};
  for (auto _ : state) crypto_scalarmult_base(point.data(), scalar.data());
}
BENCHMARK(bare_x25519_public);

void bare_x25519_shared(benchmark::State& state) {
  std::array<std::uint8_t, 32> scalar{1};
  std::array<std::uint8_t, 32> point{9};
  std::array<std::uint8_t, 32> secret{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(crypto_scalarmult(secret.data(), scalar.data(), point.data()));
  }
}
BENCHMARK(bare_x25519_shared);

void bare_ed25519(benchmark::State& state, bool verify) {
  std::array<std::uint8_t, 32> public_key{};
  std::array<std::uint8_t, 64> key{};
  std::array<std::uint8_t, 64> signature{};
  crypto_sign_keypair(public_key.data(), key.data());
  crypto_sign_detached(signature.data(), nullptr, kMessage.data(), kMessage.size(), key.data());
  for (auto _ : state) {
    if (verify) {
      benchmark::DoNotOptimize(crypto_sign_verify_detached(signature.data(), kMessage.data(),
                                                           kMessage.size(), public_key.data()));
    } else {
      crypto_sign_detached(signature.data(), nullptr, kMessage.data(), kMessage.size(), key.data());
    }
  }
}
BENCHMARK_CAPTURE(bare_ed25519, sign, false);
BENCHMARK_CAPTURE(bare_ed25519, verify, true);

void key_exchange_generate(benchmark::State& state, KeyExchangeGroup group) {
  SystemRandom random;
  for (auto _ : state) benchmark::DoNotOptimize(KeyExchange::generate(group, random));
}
BENCHMARK_CAPTURE(key_exchange_generate, x25519, KeyExchangeGroup::kX25519);
BENCHMARK_CAPTURE(key_exchange_generate, p256, KeyExchangeGroup::kP256);

void key_exchange_shared(benchmark::State& state, KeyExchangeGroup group) {
  SystemRandom random;
  const auto ours = KeyExchange::generate(group, random).value();
  const auto theirs = KeyExchange::generate(group, random).value();
  for (auto _ : state) benchmark::DoNotOptimize(ours->shared_secret(theirs->public_value()));
}
BENCHMARK_CAPTURE(key_exchange_shared, x25519, KeyExchangeGroup::kX25519);
BENCHMARK_CAPTURE(key_exchange_shared, p256, KeyExchangeGroup::kP256);

void identity(benchmark::State& state, bool verify) {
  SystemRandom random;
  const IdentityPrivateKey key = IdentityPrivateKey::generate(random);
  const IdentityPublicKey public_key = key.public_key();
  const IdentitySignature signature = key.sign(kMessage);
  for (auto _ : state) {
    if (verify) {
      benchmark::DoNotOptimize(public_key.verify(kMessage, signature));
    } else {
      benchmark::DoNotOptimize(key.sign(kMessage));
    }
  }
}
BENCHMARK_CAPTURE(identity, sign, false);
BENCHMARK_CAPTURE(identity, verify, true);

// SKEYSEED and the seven keys of an IKE SA without integrity keys.
void ike_key_schedule(benchmark::State& state) {
  const Octets nonces(64, 1);
  const Octets seed(80, 2);
  for (auto _ : state) {
    const Secret skeyseed = prf(PrfAlgorithm::kHmacSha256, nonces, {Octets(32, 3)});
    benchmark::DoNotOptimize(prf_plus(PrfAlgorithm::kHmacSha256, skeyseed.bytes(), seed, 168));
  }
}
BENCHMARK(ike_key_schedule);

void cookie_hmac(benchmark::State& state) {
  const Octets key(32, 1);
  const Octets cookie_input(60, 2);
  for (auto _ : state) benchmark::DoNotOptimize(hmac_sha256(key, {cookie_input}));
}
BENCHMARK(cookie_hmac);

void nat_detection_sha1(benchmark::State& state) {
  const Octets spis_and_address(22, 2);
  for (auto _ : state) benchmark::DoNotOptimize(sha1({spis_and_address}));
}
BENCHMARK(nat_detection_sha1);

void seal_ike_message(benchmark::State& state) {
  const Octets key(32, 1);
  const Octets nonce(kAeadNonceSize, 2);
  const Octets aad(32, 3);
  Octets data(300, 4);
  Octets icv(kAeadIcvSize);
  for (auto _ : state) seal_message(AeadAlgorithm::kAes256Gcm, key, {nonce, aad, data, icv});
}
BENCHMARK(seal_ike_message);

void secret(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Secret(size).bytes().data());
}
BENCHMARK(secret)->Arg(32)->Arg(256)->Arg(257);

}  // namespace
}  // namespace hawser
