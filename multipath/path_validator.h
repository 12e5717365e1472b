// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/address_pair.h"
#include "base/random.h"
#include "base/time.h"
#include "multipath/path_challenge.h"

namespace hawser {

// Where an address comes from says how freely it may be sent to before it is proven.
enum class AddressOrigin : std::uint8_t {
  kGiven,   // of our config, or agreed under IKE: the back-off alone bounds what goes there
  kHeard,   // a packet came from there: at most three times the octets that came
  kProven,  // IKE came up on it: no challenge is needed
};

// One way, as far as both say: an unspecified local address is any.
bool is_same_way(const AddressPair& one, const AddressPair& other);

// Challenges addresses of one path until they answer. Up to kTriedMax at a time: the one that the
// path is to be on, and those that the peer was heard from; the newest replaces the oldest.
// Retransmits with back-off, and gives up on heard addresses.
class PathValidator {
 public:
  static constexpr std::size_t kTriedMax = 3;
  static constexpr std::uint64_t kAmplification = 3;  // RFC 9000 section 8.1
  // What a frame costs besides itself at most: IP, UDP, ESP and its trailer.
  static constexpr std::size_t kOverhead = 96;
  static constexpr Duration kFirstInterval = Milliseconds(100);
  static constexpr Duration kHeardLifetime = Seconds(3);

  explicit PathValidator(Random& random) : random_(random) {}

  // Nothing new if it is being tried already.
  void challenge(const AddressPair& address, AddressOrigin origin, TimePoint now);
  void forget(const AddressPair& address);
  void clear();
  bool is_trying(const AddressPair& address) const;
  bool is_idle() const;

  // An authentic packet of that many octets (of the datagram, or less) came from there: it bounds
  // what may be sent to it, if it is tried.
  void note_heard(const AddressPair& address, std::size_t octets);
  // The address that this proves. Only an answer from the challenged address counts.
  std::optional<AddressPair> handle_answer(const ChallengeToken& token, const AddressPair& from,
                                           TimePoint now);

  // Of the path, for the pace; and at most how long between two challenges of a given address.
  void set_rtt(Duration rtt) { rtt_ = rtt; }
  void set_slowest(Duration interval) { slowest_ = interval; }

  struct Due {
    AddressPair to;
    ChallengeToken token;
  };
  std::optional<Due> poll(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  // The round trip that the last answer showed, if its challenge was sent once (Karn).
  std::optional<Duration> round_trip() const { return round_trip_; }

 private:
  struct Attempt {
    AddressPair address;
    AddressOrigin origin{};
    ChallengeToken token{};
    TimePoint begun;
    TimePoint first_sent{};
    TimePoint due;
    Duration interval{0};
    unsigned sent = 0;
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;

    bool may_send() const;
  };

  Attempt* find(const AddressPair& address);
  void drop_expired(TimePoint now);

  Random& random_;
  Duration rtt_ = Milliseconds(100);
  Duration slowest_ = Seconds(1);
  std::array<std::optional<Attempt>, kTriedMax> attempts_;
  std::optional<Duration> round_trip_;
};

}  // namespace hawser
