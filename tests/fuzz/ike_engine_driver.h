// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "tests/fuzz/ike_rogue.h"

namespace hawser::fuzz {

// An engine with two peers, and somebody at the place of peer A who has its keys or has not, driven
// by the input. What must hold: nobody but peer A is ever believed, and it only with its secret;
// what is not authentic changes nothing; the life of a child has its order and ends; selectors stay
// within the config; every SPI is given back; a deadline that was met is over.
class IkeEngineDriver {
 public:
  explicit IkeEngineDriver(FuzzInput& input);
  void step(FuzzInput& input);
  void finish();

 private:
  void set_the_scene();
  Octets next_reply();
  void deliver(Octets message, std::uint8_t from = 0);
  void remember(const Octets& datagram);
  void deliver_all(Datagrams datagrams, std::uint8_t from = 0);
  void deliver_forged(FuzzInput& input);
  void say(FuzzInput& input, bool as_answer);
  void say_anything(FuzzInput& input);
  void do_as_the_owner(FuzzInput& input);
  void pass_time(Duration time);
  void drain();
  void take(const IkeTransmit& transmit);
  std::string summary() const;

  void check(const ChildInstalled& event);
  void check(const ChildSending& event);
  void check(const ChildDraining& event);
  void check(const ChildRemoved& event);
  void check(const PeerEstablished& event);
  void check(const PeerLost& event);
  void check(const PeerPathChanged& event);
  void check(const PeerAddressesOffered& event);
  void check(const PeerTrouble& event);
  void check(const PeerAddressGiven& event);
  void check(const PeerAddressReturned& event);
  void require_peer_a(PeerId peer) const;

  struct Child {
    std::vector<Spi> spis_in;
    std::vector<Spi> spis_out;
  };

  const IkeScene scene_;
  RepeatableRandom random_;
  FuzzSpis spis_;
  FuzzPool pool_;
  std::unique_ptr<IkeEngine> engine_;
  IkeRogue rogue_;
  TimePoint now_{};
  std::map<ChildId, Child> children_;
  ChildId last_child_;
  bool is_established_ = false;
  std::deque<Octets> to_say_;  // what the rules want said next
  std::deque<Octets> said_;    // the last datagrams to the engine
  std::size_t events_ = 0;
  std::size_t transmits_ = 0;
};

}  // namespace hawser::fuzz
