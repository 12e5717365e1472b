// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ike-lite/ike_engine.h"
#include "tests/sim/ike_ledger.h"
#include "tests/support/seeded_random.h"

namespace hawser {

// What one end is configured with; plain values, so that a restart makes the same again.
struct IkeHostSpec {
  std::string name;
  TransportAddress home;
  std::uint64_t seed = 1;
  bool initiates = true;
  bool knows_endpoint = true;
  bool raw_keys = true;  // else a shared key
  bool quiet = false;
  enum class Ppk : std::uint8_t { kNone, kOptional, kRequired };
  Ppk ppk = Ppk::kNone;
  bool pfs = true;
  unsigned child_sas = 1;
  std::vector<AeadAlgorithm> ciphers = {AeadAlgorithm::kAes256Gcm,
                                        AeadAlgorithm::kChaCha20Poly1305};
  std::vector<KeyExchangeGroup> groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256};
  unsigned extra_networks = 0;  // many selectors make messages that need fragments
  Duration rekey_time{0};
  Duration ike_rekey_time{0};
  Duration dead_peer_interval{Seconds(30)};
};

// Randomness that remembers what it gave: who knows it can read along.
class RememberingRandom final : public Random {
 public:
  explicit RememberingRandom(std::uint64_t seed) : random_(seed) {}
  void fill(MutableByteSpan bytes) override;
  bool remembers = false;
  // What may have become a private key.
  const std::vector<std::vector<std::uint8_t>>& drawn() const { return drawn_; }

 private:
  SeededRandom random_;
  std::vector<std::vector<std::uint8_t>> drawn_;
};

// One end: an engine with what it was given and what it told. The network is IkeSimulation's.
class IkeHost {
 public:
  explicit IkeHost(IkeHostSpec given);
  // Begins, or dies and begins again with nothing but its config.
  void start(const IkeHostSpec& peer, TimePoint now);

  IkeEngine& engine() { return *engine_; }
  const IkeEngine& engine() const { return *engine_; }
  IkePeerStatus status(TimePoint now) const { return engine_->status(now).at(0); }

  static constexpr PeerId kPeer{1};
  static IdentityPrivateKey raw_key(const IkeHostSpec& of);

  const IkeHostSpec spec;
  TransportAddress address;  // where it is now
  RememberingRandom random;
  TrackedSpis spis;
  IkeLedger ledger;

  // --- the packets that it sends and receives ---
  std::uint64_t sent = 0;
  std::uint64_t unsendable = 0;  // no child to send on
  std::uint64_t delivered = 0;
  std::uint64_t unknown_spi = 0;
  std::uint64_t wrong_key = 0;
  std::optional<TimePoint> last_delivered;
  std::optional<TimePoint> last_report;

 private:
  std::unique_ptr<IkeEngine> engine_;
};

}  // namespace hawser
