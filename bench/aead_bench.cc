// SPDX-License-Identifier: Apache-2.0
// Seal and open by algorithm, provider and packet size, in batches of 44 (what a 64 KiB
// super-packet of MTU-sized packets makes) that stay in the cache. ns_per_packet is the figure.
#include <benchmark/benchmark.h>

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "crypto/aead.h"

namespace hawser {
namespace {

constexpr std::size_t kBatchSize = 44;
constexpr std::size_t kAadSize = 8;
constexpr std::int64_t kPacketSizes[] = {64, 200, 576, 1400};

struct Batch {
  explicit Batch(std::size_t packet_size)
      : memory(kBatchSize * (packet_size + kAeadIcvSize)), packets(kBatchSize) {
    for (std::size_t i = 0; i < kBatchSize; ++i) {
      packets[i].data = memory.data() + i * (packet_size + kAeadIcvSize);
      packets[i].size = packet_size;
      packets[i].icv = packets[i].data + packet_size;
      packets[i].nonce.fill(static_cast<std::uint8_t>(i));
      packets[i].aad.fill(static_cast<std::uint8_t>(i));
      packets[i].aad_size = kAadSize;
    }
  }
  std::vector<std::uint8_t> memory;
  std::vector<AeadPacket> packets;
};

void report(benchmark::State& state) {
  const auto packets = static_cast<double>(state.iterations()) * kBatchSize;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBatchSize) *
                          state.range(0));
  state.counters["ns_per_packet"] =
      benchmark::Counter(packets * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::unique_ptr<Aead> make(AeadAlgorithm algorithm, AeadProvider provider) {
  return make_aead(algorithm, std::vector<std::uint8_t>(aead_key_size(algorithm), 7), provider)
      .value();
}

void seal(benchmark::State& state, AeadAlgorithm algorithm, AeadProvider provider) {
  const auto aead = make(algorithm, provider);
  Batch batch(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) aead->seal(batch.packets);
  report(state);
}

// In seconds; unlike the wall clock it stands still while others have the processor.
double thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Opening changes the packets, so they are sealed again in between, and only opening is measured:
// with two looks at the clock for 44 packets, up to 10 ns each packet.
void open(benchmark::State& state, AeadAlgorithm algorithm, AeadProvider provider) {
  const auto aead = make(algorithm, provider);
  Batch batch(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    aead->seal(batch.packets);
    const double begin = thread_time();
    aead->open(batch.packets);
    state.SetIterationTime(thread_time() - begin);
    if (!batch.packets.back().authentic) state.SkipWithError("a packet was not authentic");
  }
  report(state);
}

bool register_all() {
  for (const auto algorithm :
       {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305}) {
    for (const auto provider : {AeadProvider::kOpenSsl, AeadProvider::kIpsecMb}) {
      if (!aead_provider_available(provider)) continue;
      const std::string name =
          std::string(aead_name(algorithm)) + "/" + std::string(aead_provider_name(provider));
      for (const std::int64_t size : kPacketSizes) {
        benchmark::RegisterBenchmark(("seal/" + name).c_str(), seal, algorithm, provider)
            ->Arg(size);
        benchmark::RegisterBenchmark(("open/" + name).c_str(), open, algorithm, provider)
            ->Arg(size)
            ->UseManualTime();
      }
    }
  }
  return true;
}

const bool registered = register_all();

}  // namespace
}  // namespace hawser
