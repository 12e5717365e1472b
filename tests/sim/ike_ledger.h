// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ike-lite/ike_engine.h"
#include "tests/support/seeded_random.h"

namespace hawser {

// SPIs drawn by chance, as a receiver draws them, and which of them were not given back.
class TrackedSpis final : public ChildSpiSource {
 public:
  explicit TrackedSpis(std::uint64_t seed) : random_(seed) {}
  std::optional<Spi> allocate(unsigned k) override;
  void release(Spi spi) override;
  const std::set<Spi>& in_use() const { return in_use_; }
  unsigned wrong_releases() const { return wrong_releases_; }
  // After a restart: what was given is nobody's.
  void forget() { in_use_.clear(); }

 private:
  SeededRandom random_;
  std::set<Spi> in_use_;
  unsigned wrong_releases_ = 0;
};

// One end's children as its engine tells of them, and every break of the promises in ike_event.h:
// the order of the events, no key used for two SAs, no child without SPIs of its own.
class IkeLedger {
 public:
  enum class State : std::uint8_t { kInstalled, kSending, kDraining };
  struct Child {
    ChildInstalled what;
    // Of the keys, to tell them apart quickly.
    std::vector<std::uint64_t> in_prints;
    std::vector<std::uint64_t> out_prints;
    State state = State::kInstalled;
  };

  explicit IkeLedger(const TrackedSpis& spis) : spis_(spis) {}
  void take(const IkeEvent& event);
  // The end lost its memory; what keys it has used remains known.
  void restart();

  // Not removed.
  const std::map<ChildId, Child>& children() const { return children_; }
  // Null if there is none.
  const Child* sending() const;
  // The print of the key that belongs to this SPI of ours; nothing if we don't receive on it.
  std::optional<std::uint64_t> key_of(Spi spi_in) const;
  // Where packets to the peer go.
  const std::optional<AddressPair>& path() const { return path_; }
  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t installed() const { return installed_; }
  std::uint64_t established() const { return established_; }
  std::uint64_t lost() const { return lost_; }

 private:
  void take_installed(const ChildInstalled& event);
  Child* known(ChildId child, const char* what);
  void violation(std::string what) { violations_.push_back(std::move(what)); }

  const TrackedSpis& spis_;
  std::map<ChildId, Child> children_;
  std::map<Spi, std::uint64_t> keys_in_;
  std::optional<ChildId> sending_;
  std::optional<AddressPair> path_;
  std::set<ChildId> seen_;
  std::set<std::pair<Spi, std::uint64_t>> used_;
  std::set<std::uint64_t> prints_;
  std::vector<std::string> violations_;
  std::uint64_t installed_ = 0;
  std::uint64_t established_ = 0;
  std::uint64_t lost_ = 0;
};

// For a transcript: "child 3 installed: 0a1b2c3d in, 4e5f6071 out".
std::string describe(const IkeEvent& event);

}  // namespace hawser
