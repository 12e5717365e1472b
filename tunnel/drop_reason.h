// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/counter.h"

namespace hawser {

// Why a packet was not delivered: the auditable events of RFC 4303 and our own bounds. Every drop
// bumps exactly one of these. docs/counters.md says what a user should do about each.
enum class DropReason : std::uint8_t {
  // From the network.
  kRunt,              // too short for an ESP packet
  kControlPacket,     // IKE, but all keys are manual
  kControlFull,       // IKE, more than the control side takes
  kKeepalive,         // RFC 3948: has done its work on the way (quiet)
  kUnknownSpi,        // no SA with this SPI
  kZeroSequence,      // sequence number 0
  kReplayed,          // seen before
  kTooOld,            // left of the replay window
  kIcvFailed,         // forged or damaged
  kBadPadding,        // RFC 4303 section 2.4
  kBadNextHeader,     // neither IPv4, IPv6 nor dummy
  kDummy,             // next header 59: discarded as it should be (quiet)
  kMalformedInner,    // not a sound IP packet
  kSelectorMismatch,  // inner addresses outside the SA's selectors
  kInnerScope,        // link-local, multicast or broadcast (quiet)
  kMalformedFrame,    // behind no shim header that we know
  kDuplicateFrame,    // came another path already (quiet)
  kIcmpRefused,       // "too big", but not of what we sent
  // From the TUN device.
  kMalformedOutbound,  // not a sound IP packet, or an unsound super-packet
  kNoPeer,             // no peer has this destination in its allowed-ips
  kNoEndpoint,         // the peer's address is not known yet
  kNoOutboundSa,       // the peer has no SA to send on
  kOutboundScope,      // link-local, multicast or broadcast (quiet)
  kOutboundSelector,   // inner addresses outside the SA's selectors
  kSequenceExhausted,  // the SA's numbers are used up
  kOutboundFull,       // more than one batch has room for
  kTooBig,             // more than the way to the peer takes: its sender is told
  kNoPath,             // no path to the peer works
  // In both directions.
  kSequenceNotReserved,  // the disk does not know yet that the number is used
  kLifetimeOver,         // a hard limit of the SA is reached
  // At the edges.
  kHandoverFull,    // the queue to another worker is full
  kSendFailed,      // the socket refused it
  kTunWriteFailed,  // the TUN device refused it
  kCount
};

inline constexpr std::size_t kDropReasonCount = static_cast<std::size_t>(DropReason::kCount);

// "replayed", "icv-failed", ...: as in `hawser status`.
std::string_view drop_reason_name(DropReason reason);

// Counted for completeness, but expected on a healthy tunnel.
bool drop_reason_is_quiet(DropReason reason);

class DropCounters {
 public:
  void add(DropReason reason, std::uint64_t amount = 1) { of(reason).add(amount); }
  std::uint64_t value(DropReason reason) const {
    return counters_[static_cast<std::size_t>(reason)].value();
  }

 private:
  Counter& of(DropReason reason) { return counters_[static_cast<std::size_t>(reason)]; }
  std::array<Counter, kDropReasonCount> counters_;
};

}  // namespace hawser
