// SPDX-License-Identifier: Apache-2.0
// What a handshake of IKE costs (IKE_SA_INIT and IKE_AUTH with raw keys and a first child SA, both
// ends), beside its bare curve operations by libsodium:
//
//   ike_ratio        prints the figures; ends with 1 if the ratio is over its limit
//
// The two take turns in short rounds, in processor time, and the medians of the rounds are
// compared, so that whatever else the machine does falls on both.
#include <sodium.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "bench/ike_world.h"

namespace hawser {
namespace {

constexpr unsigned kRounds = 100;
constexpr unsigned kHandshakesPerRound = 20;
constexpr double kLimit = 1.5;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Of each end: a key pair, a shared secret, a signature and the check of the other's.
class BareHandshake {
 public:
  BareHandshake() {
    crypto_sign_keypair(public_key_.data(), key_.data());
    randombytes_buf(scalar_.data(), scalar_.size());
    randombytes_buf(message_.data(), message_.size());
  }

  void run() {
    for (int end = 0; end < 2; ++end) {
      failed_ |= crypto_scalarmult_base(point_.data(), scalar_.data());
      failed_ |= crypto_scalarmult(secret_.data(), scalar_.data(), point_.data());
      failed_ |= crypto_sign_detached(signature_.data(), nullptr, message_.data(), message_.size(),
                                      key_.data());
      failed_ |= crypto_sign_verify_detached(signature_.data(), message_.data(), message_.size(),
                                             public_key_.data());
    }
  }
  bool failed() const { return failed_ != 0; }

 private:
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key_{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> key_{};
  std::array<std::uint8_t, crypto_sign_BYTES> signature_{};
  std::array<std::uint8_t, 32> scalar_{};
  std::array<std::uint8_t, 32> point_{};
  std::array<std::uint8_t, 32> secret_{};
  std::array<std::uint8_t, 300> message_{};  // about an IKE_SA_INIT message and what else is signed
  int failed_ = 0;
};

template <typename Work>
double microseconds_each(unsigned count, Work work) {
  const double start = processor_seconds();
  for (unsigned i = 0; i < count; ++i) work();
  return 1e6 * (processor_seconds() - start) / count;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run() {
  IkeWorld world(kRounds * kHandshakesPerRound);
  BareHandshake bare;
  std::vector<double> bare_us;
  std::vector<double> ours_us;
  unsigned peer = 0;
  for (unsigned round = 0; round < kRounds; ++round) {
    bare_us.push_back(microseconds_each(kHandshakesPerRound, [&] { bare.run(); }));
    ours_us.push_back(microseconds_each(kHandshakesPerRound, [&] { world.handshake(peer++); }));
    // The rate limit is of real time.
    world.run_for(Seconds(1));
  }
  if (bare.failed() || world.installed() != 2 * peer) {
    std::printf("%u handshakes made %u children\n", peer, world.installed());
    return 1;
  }
  const double ratio = median(ours_us) / median(bare_us);
  std::printf("handshake, both ends:      %8.1f us, %.0f a second\n", median(ours_us),
              1e6 / median(ours_us));
  std::printf("bare curve operations:     %8.1f us\n", median(bare_us));
  std::printf("ratio:                     %8.2f (limit %.1f)\n", ratio, kLimit);
  return ratio <= kLimit ? 0 : 1;
}

}  // namespace
}  // namespace hawser

int main() { return sodium_init() < 0 ? 1 : hawser::run(); }
