// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>

#include "base/time.h"
#include "crypto/identity_key.h"
#include "ike-lite/ike_engine.h"
#include "tests/fuzz/fuzz_input.h"

namespace hawser::fuzz {

// Octets that look random and are the same in each run: an input must repeat.
class RepeatableRandom final : public Random {
 public:
  void fill(MutableByteSpan bytes) override {
    for (std::uint8_t& octet : bytes) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

// Gives and takes back, and stops when something is given back twice.
class FuzzSpis final : public ChildSpiSource {
 public:
  std::optional<Spi> allocate(unsigned k) override {
    if (in_use_.size() >= kRoom) return std::nullopt;
    const Spi spi((k + 1) << 24 | next_++);
    in_use_.insert(spi);
    return spi;
  }
  void release(Spi spi) override { require(in_use_.erase(spi) == 1); }
  bool contains(Spi spi) const { return in_use_.contains(spi); }
  std::size_t in_use() const { return in_use_.size(); }

 private:
  static constexpr std::size_t kRoom = 24;
  std::set<Spi> in_use_;
  std::uint32_t next_ = 0x100;
};

class FuzzPool final : public AddressPool {
 public:
  std::optional<IpAddress> lease(const IkeIdentity& identity, IpFamily family) override;
  void release(const IkeIdentity&) override {}
};

// What the octets that begin an input choose.
struct IkeScene {
  enum class Start : std::uint8_t { kFresh, kHalfOpen, kEstablished };
  Start start = Start::kFresh;
  bool engine_initiates = false;
  bool raw_keys = false;
  bool wrong_secret = false;    // the other end has not the secret of peer A
  bool wrong_identity = false;  // it has, and says it is B
  bool hawser = false;
  bool under_load = false;
  bool quiet = false;
  bool addresses = false;  // are asked for and given
  bool short_lives = false;
  bool sets = false;

  explicit IkeScene(FuzzInput& input);
  bool is_impostor() const { return wrong_secret || wrong_identity; }
};

// Peers A and B of the engine, and all keys there are. Made once: a key costs more than a run.
struct IkeWorld {
  static const IkeWorld& get();

  IdentityPrivateKey engine_key;
  IdentityPrivateKey key_a;
  IdentityPrivateKey key_b;
  IdentityPrivateKey key_of_nobody;
  IkeIdentity engine_identity;
  IkeIdentity identity_a;
  IkeIdentity identity_b;

  IkeLocalConfig local(const IkeScene& scene) const;
  std::vector<IkePeerConfig> peers(const IkeScene& scene) const;
  // The other end's: what it proves itself with, and what it believes the engine by.
  IkeLocalConfig rogue_local(const IkeScene& scene) const;
  PeerAuth rogue_auth(const IkeScene& scene) const;

  static constexpr PeerId kPeerA{1};
  static constexpr PeerId kPeerB{2};
  // As the engine sees it.
  static AddressPair path();
  static TrafficSelectors engine_side();
  static TrafficSelectors peer_side();
  static constexpr std::int64_t kEpochOffset = 1'790'000'000;
};

}  // namespace hawser::fuzz
