// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ike-lite/ike_engine.h"
#include "tests/support/seeded_random.h"

namespace hawser {

// SPIs as a receiver lays them out: the owner of index k first. Knows what was not given back.
class CountingSpis final : public ChildSpiSource {
 public:
  explicit CountingSpis(unsigned room = 1000) : room_(room) {}
  std::optional<Spi> allocate(unsigned k) override;
  void release(Spi spi) override;
  std::size_t in_use() const { return in_use_.size(); }
  void set_room(unsigned room) { room_ = room; }

 private:
  std::set<Spi> in_use_;
  std::uint32_t next_ = 0x100;
  unsigned room_;
};

// 10.99.0.2, 10.99.0.3, ... for as many identities as there is room.
class CountingPool final : public AddressPool {
 public:
  std::optional<IpAddress> lease(const IkeIdentity& identity, IpFamily family) override;
  void release(const IkeIdentity& identity) override;
  std::size_t leases() const { return leases_.size(); }
  unsigned room = 10;

 private:
  std::map<std::string, IpAddress> leases_;
  std::uint8_t next_ = 2;
};

struct Datagram {
  std::string from;  // name of the site
  AddressPair addresses;
  std::vector<std::uint8_t> bytes;  // with marker unless on port 500
};

// One engine with what it was told and what came of it.
struct Site {
  Site(std::string name, std::string_view address, std::uint64_t seed);

  // As a line of `events`: "child 1 installed", "sending on 1", "lost: ...", "trouble: ...".
  void take_event(IkeEvent event);
  // The events of this kind, so far.
  template <typename T>
  std::vector<const T*> all() const {
    std::vector<const T*> found;
    for (const IkeEvent& event : raw_events) {
      if (const auto* typed = std::get_if<T>(&event)) found.push_back(typed);
    }
    return found;
  }
  const ChildInstalled* installed(ChildId child) const;
  // Children that are installed and not removed.
  std::vector<ChildId> children() const;
  // The one that is sent on.
  std::optional<ChildId> sending() const;
  IkePeerStatus status(TimePoint now) const { return engine->status(now).at(0); }

  std::string name;
  IpAddress address;
  SeededRandom random;
  CountingSpis spis;
  CountingPool pool;
  IkeEngine::Options options;
  IkeLocalConfig local;
  IkePeerConfig peer;
  std::unique_ptr<IkeEngine> engine;
  std::vector<std::string> events;
  std::vector<IkeEvent> raw_events;
};

// Two engines with a wire of 10 ms between them and a clock of their own. `left` initiates by
// default; each knows the other's raw key. Change `left` and `right`, then start().
class EnginePair {
 public:
  static constexpr Duration kDelay = Milliseconds(10);

  explicit EnginePair(std::uint64_t seed = 1);
  void use_shared_key(std::string_view left_secret, std::string_view right_secret);
  void start();
  // As after a crash: the same config, nothing else is remembered.
  void restart(Site& site);
  // The last word on what a site is given, for what cannot be copied (certificates).
  std::function<void(const Site&, IkeLocalConfig&, IkePeerConfig&)> adjust;
  // The site's config as it is now.
  void configure(Site& site);

  void run_for(Duration time);
  // False if it takes longer than `limit`.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                               Duration limit = Seconds(60));
  [[nodiscard]] bool run_until_established();
  // What an engine said after a call of the test's own.
  void collect(Site& site);
  // As if it came from the network.
  void deliver(Site& to, const AddressPair& addresses, std::vector<std::uint8_t> bytes);

  // One line for each datagram sent, drawn as an arrow:
  //   left  --- IKE_SA_INIT request 0 ---> right
  std::vector<std::string> transcript;
  // True: the datagram is lost. Sees it before it is sent.
  std::function<bool(const Datagram&)> lose;
  // How much longer than kDelay a datagram takes.
  std::function<Duration(const Datagram&)> delay;
  // May change a datagram on its way (a NAT).
  std::function<void(Datagram&)> change;

  // Both have exactly one child to send on, and each other's keys and SPIs in it.
  void expect_children_match() const;

  Site left;
  Site right;
  TimePoint now{Seconds(1000)};

 private:
  struct OnTheWay {
    TimePoint arrives;
    Datagram datagram;
  };
  void step_to(TimePoint limit);
  void arrive(Datagram datagram);

  std::vector<OnTheWay> wire_;
};

// Configs hold secrets and are not copied by accident; of certificates these make no copy.
IkeLocalConfig copy_of(const IkeLocalConfig& config);
IkePeerConfig copy_of(const IkePeerConfig& config);

// "IKE_AUTH request 1", from the header in the clear.
std::string describe(const Datagram& datagram);

}  // namespace hawser
