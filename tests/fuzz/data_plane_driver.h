// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "base/time.h"
#include "crypto/aead.h"
#include "tests/fuzz/fuzz_input.h"
#include "tunnel/data_plane.h"

namespace hawser::fuzz {

// A data plane of one worker with one peer, driven by the input. The driver has the peer's key, so
// that what it seals gets past the ICV: replays, paddings and inner packets of any kind.
class DataPlaneDriver {
 public:
  // Bits: ESN, algorithm (2), path known, roaming, coalesce TCP, coalesce UDP, two workers.
  explicit DataPlaneDriver(std::uint8_t state);
  void step(FuzzInput& input);
  void require_no_number_was_delivered_twice() const;

 private:
  void install();
  void receive(std::vector<std::uint8_t> packet);
  void receive_sealed(std::uint64_t sequence, std::vector<std::uint8_t> clear);
  void send(FuzzInput& input);
  void drain();

  std::uint8_t state_;
  AeadAlgorithm algorithm_;
  DataPlane plane_;
  std::unique_ptr<Aead> peer_aead_;
  TimePoint now_{};
  std::uint64_t next_sequence_ = 1;
  std::uint64_t delivered_ = 0;
  std::set<std::uint64_t> authentic_numbers_;
};

}  // namespace hawser::fuzz
