// SPDX-License-Identifier: Apache-2.0
// What a decision costs: a chunk's path by policy and number of paths, and a
// packet's class.
#include <benchmark/benchmark.h>

#include <vector>

#include "multipath/flow_classifier.h"
#include "multipath/path_selector.h"

namespace hawser {
namespace {

void choose(benchmark::State& state, TrafficPolicy policy) {
  std::vector<PathView> views(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < views.size(); ++i) {
    views[i].id = PathId(static_cast<std::uint32_t>(i));
    views[i].state = PathState::kActive;
    views[i].group = static_cast<std::uint32_t>(i);
    views[i].estimate.rtt = Milliseconds(20);
    views[i].rate_bps = 50'000'000 + i;
    views[i].budget_bytes = i % 2 == 0 ? 0 : 100'000;
  }
  PathSelector selector({.by_class = {policy, policy, policy}}, {});
  Chunk chunk{.octets = 60'000, .packets = 40};
  selector.update(views, chunk.now);
  for (auto _ : state) {
    ++chunk.flow;
    chunk.now += std::chrono::microseconds(10);
    benchmark::DoNotOptimize(selector.choose(views, chunk));
  }
}
BENCHMARK_CAPTURE(choose, duplicate, TrafficPolicy::kDuplicate)->Arg(2)->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(choose, lowest_latency, TrafficPolicy::kLowestLatency)->Arg(2)->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(choose, aggregate, TrafficPolicy::kAggregate)->Arg(2)->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(choose, balance, TrafficPolicy::kBalance)->Arg(2)->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(choose, round_robin, TrafficPolicy::kRoundRobin)->Arg(2)->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(choose, failover, TrafficPolicy::kFailover)->Arg(2)->Arg(4)->Arg(16);

void update(benchmark::State& state) {
  std::vector<PathView> views(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < views.size(); ++i) {
    views[i].id = PathId(static_cast<std::uint32_t>(i));
    views[i].state = PathState::kActive;
    views[i].estimate.rtt = Milliseconds(20);
  }
  PathSelector selector({}, {});
  TimePoint now;
  for (auto _ : state) selector.update(views, now += Milliseconds(100));
}
BENCHMARK(update)->Arg(2)->Arg(4)->Arg(16);

void classify(benchmark::State& state) {
  FlowClassifier classifier({});
  FlowInfo info{.protocol = 6, .has_ports = true, .source_port = 443, .size = 60'000};
  TimePoint now;
  std::uint32_t i = 0;
  for (auto _ : state) {
    info.hash = ++i % static_cast<std::uint32_t>(state.range(0)) * 0x9e3779b1u;
    benchmark::DoNotOptimize(classifier.classify(info, now += std::chrono::microseconds(10)));
  }
}
BENCHMARK(classify)->Arg(1)->Arg(100)->Arg(3000);

}  // namespace
}  // namespace hawser
