// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/multipath/cubic_flow.h"
#include "tests/sim/bond_simulation.h"

namespace hawser {

// A TCP flow from the left to the right end of a simulated bond that has endless data. Its segments
// and its acknowledgements are inner packets like any others. To be made before begin(), one for a
// simulation.
class BondTransfer {
 public:
  explicit BondTransfer(BondSimulation& simulation);
  void start();

  struct Result {
    double mbps = 0;  // of what TCP carries
    std::uint64_t losses = 0;
    std::uint64_t reductions = 0;
    std::uint64_t timeouts = 0;
  };
  // The result is of this time only.
  Result run(Duration time);
  const CubicFlow& flow() const { return flow_; }

 private:
  void send_segment(std::uint64_t segment);
  void plan_acknowledgement();
  bool take(BondEnd at, ByteSpan packet);
  void look();

  BondSimulation& simulation_;
  CubicFlow flow_;
  // What came, in the order it did; an acknowledgement tells of all up to one of them.
  std::vector<std::uint64_t> arrivals_;
  std::size_t acknowledged_ = 0;  // was sent
  std::size_t known_ = 0;         // at the sender
  std::uint64_t octets_ = 0;
};

}  // namespace hawser
