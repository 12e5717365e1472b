// SPDX-License-Identifier: Apache-2.0
// What the sans-IO data path costs: no system call, no copy but our own.

#include <benchmark/benchmark.h>

#include "antireplay/replay_window.h"
#include "tests/support/tunnel_fixture.h"
#include "tests/tunnel/bonded_plane_pair.h"
#include "tests/tunnel/plane_pair.h"
#include "tunnel/inet_checksum.h"

namespace hawser {
namespace {

// One super-packet of about 60 KiB from left's TUN device to right's TUN write and back to nothing.
template <typename Pair>
void BM_SuperPacketThroughBothEnds(benchmark::State& state) {
  Pair pair;
  const SuperPacket super = make_super_tcp({}, {}, pattern(60000), 1386);
  Bytes read(super.bytes.size());
  std::vector<Bytes> datagrams;
  std::vector<OuterPacket> batch;
  const AddressPair from{{}, transport("192.0.2.1:4500")};
  std::size_t packets = 0;
  for (auto _ : state) {
    std::copy(super.bytes.begin(), super.bytes.end(), read.begin());  // the read from the device
    InnerPacket inner{read, super.gso};
    pair.left.handle_inner_packets({&inner, 1}, {});
    batch.clear();
    while (const auto transmit = pair.left.poll_transmit()) {
      // The arena is ours: opening in place stands for the kernel's copy to the other end.
      auto* data = const_cast<std::uint8_t*>(transmit->bytes.data());
      for (std::size_t at = 0; at < transmit->bytes.size(); at += transmit->segment_size) {
        const std::size_t size =
            std::min<std::size_t>(transmit->segment_size, transmit->bytes.size() - at);
        batch.push_back({from, {data + at, size}, Ecn::kNotEct});
      }
    }
    pair.right.handle_outer_packets(batch, {});
    while (const auto write = pair.right.poll_inner_packets()) {
      benchmark::DoNotOptimize(write->parts.data());
    }
    packets += batch.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * 60000));
}
BENCHMARK(BM_SuperPacketThroughBothEnds<PlanePair>);
BENCHMARK(BM_SuperPacketThroughBothEnds<BondedPlanePair>);  // with multipath, and one path

void BM_SmallPacketsThroughBothEnds(benchmark::State& state) {
  PlanePair pair;
  const Bytes packet = make_udp({}, pattern(172));
  std::vector<Bytes> reads(64);
  std::vector<InnerPacket> inner(64);
  std::vector<OuterPacket> batch;
  std::size_t packets = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < reads.size(); ++i) {
      reads[i] = packet;
      inner[i] = {reads[i], {}};
    }
    pair.left.handle_inner_packets(inner, {});
    batch.clear();
    while (const auto transmit = pair.left.poll_transmit()) {
      auto* data = const_cast<std::uint8_t*>(transmit->bytes.data());
      for (std::size_t at = 0; at < transmit->bytes.size(); at += transmit->segment_size) {
        batch.push_back({{}, {data + at, transmit->segment_size}, Ecn::kNotEct});
      }
    }
    pair.right.handle_outer_packets(batch, {});
    while (const auto write = pair.right.poll_inner_packets()) {
      benchmark::DoNotOptimize(write->parts.data());
    }
    packets += batch.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}
BENCHMARK(BM_SmallPacketsThroughBothEnds);

void BM_ReplayWindowInOrder(benchmark::State& state) {
  ReplayWindow window(static_cast<std::uint32_t>(state.range(0)));
  std::uint64_t next = 1;
  for (auto _ : state) {
    const SequenceNumber sequence(next++);
    benchmark::DoNotOptimize(window.check(sequence));
    benchmark::DoNotOptimize(window.commit(sequence));
  }
}
BENCHMARK(BM_ReplayWindowInOrder)->Arg(64)->Arg(4096)->Arg(1 << 20);

void BM_ReplayWindowJumps(benchmark::State& state) {
  const auto capacity = static_cast<std::uint32_t>(state.range(0));
  ReplayWindow window(capacity);
  std::uint64_t next = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(window.commit(SequenceNumber(next)));
    next += capacity;
  }
}
BENCHMARK(BM_ReplayWindowJumps)->Arg(64)->Arg(4096)->Arg(1 << 20);

void BM_Checksum(benchmark::State& state) {
  const Bytes bytes = pattern(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(finish_checksum(add_to_sum(0, bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Checksum)->Arg(20)->Arg(200)->Arg(1400);

}  // namespace
}  // namespace hawser
