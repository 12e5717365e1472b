// SPDX-License-Identifier: Apache-2.0
// What 10,000 peers cost that are there and say nothing: memory, and processor time over an hour
// of the engine's clock, rekeys of child SAs included.
//
//   ike_idle_peers        prints the figures; ends with 1 if one is over its limit
//
// Both ends live in this process; the figures are half of what it uses.
#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "bench/ike_world.h"

namespace hawser {
namespace {

constexpr unsigned kPeers = 10'000;
constexpr double kMemoryLimit = 400;     // MiB
constexpr double kProcessorLimit = 2.0;  // per cent

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double resident_mib() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  unsigned long total = 0;
  unsigned long resident = 0;
  if (file == nullptr || std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Per cent of one core, of one end.
double processor_share(IkeWorld& world, Duration time) {
  const double start = processor_seconds();
  world.run_for(time);
  return 100 * (processor_seconds() - start) / 2 / std::chrono::duration<double>(time).count();
}

int run() {
  const double at_first = resident_mib();
  IkeWorld world(kPeers);
  const double configured = resident_mib();
  for (unsigned peer = 0; peer < kPeers; ++peer) {
    world.handshake(peer);
    // So that rekeys do not all fall on one moment, as they do not with peers that come by
    // themselves.
    world.run_for(Milliseconds(50));
  }
  const double established = resident_mib();
  const bool all_there = world.gateway_counters().ike_sas == kPeers;
  const double idle = processor_share(world, Seconds(600));
  const std::uint64_t idle_messages = world.messages();
  const double with_rekeys = processor_share(world, Seconds(3600));
  const double memory = (resident_mib() - at_first) / 2;

  std::printf("peers established:     %10lu of %u, %u lost\n",
              static_cast<unsigned long>(world.gateway_counters().ike_sas), kPeers, world.lost());
  std::printf("memory, configured:    %10.1f MiB\n", (configured - at_first) / 2);
  std::printf("memory, established:   %10.1f MiB\n", (established - at_first) / 2);
  std::printf("memory, after rekeys:  %10.1f MiB (limit %.0f)\n", memory, kMemoryLimit);
  std::printf("processor, idle:       %10.2f %% (limit %.1f)\n", idle, kProcessorLimit);
  std::printf("processor, with rekeys:%10.2f %%, %lu messages\n", with_rekeys,
              static_cast<unsigned long>(world.messages() - idle_messages));
  const bool good = all_there && world.lost() == 0 && memory <= kMemoryLimit &&
                    idle <= kProcessorLimit && with_rekeys <= kProcessorLimit;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace hawser

int main() { return hawser::run(); }
