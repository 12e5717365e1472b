// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address_pair.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "ike-lite/ike_config.h"
#include "ike-lite/ike_event.h"
#include "ike-lite/ike_status.h"

namespace hawser {

// Where SPIs of child SAs come from: their receiver lays them out.
class ChildSpiSource {
 public:
  virtual ~ChildSpiSource() = default;
  // For pair k of a slot; nothing if there is no room.
  virtual std::optional<Spi> allocate(unsigned k) = 0;
  virtual void release(Spi spi) = 0;
};

// Where virtual addresses come from and stay known over a restart.
class AddressPool {
 public:
  virtual ~AddressPool() = default;
  // The same identity gets the same address as long as it is free. Nothing: the pool is empty or
  // has none of this family.
  virtual std::optional<IpAddress> lease(const IkeIdentity& identity, IpFamily family) = 0;
  virtual void release(const IkeIdentity& identity) = 0;
};

struct IkeTransmit {
  AddressPair addresses;
  // One UDP payload, with the non-ESP marker unless addresses.local.port is 500 (RFC 3948).
  std::vector<std::uint8_t> bytes;
};

// All IKE SAs of an endpoint, in both roles. Sans-IO; one thread. After each handle_*, call or
// configure the owner polls until empty. A message that is not authentic changes no state beyond
// the bounded half-open table.
class IkeEngine {
 public:
  struct Options {
    Random* random = nullptr;  // all must outlive the engine
    ChildSpiSource* spis = nullptr;
    AddressPool* pool = nullptr;  // may be null
    // Seconds since 1970 at the TimePoint 0: for certificates and the stamp of quiet mode.
    std::int64_t epoch_offset = 0;
    std::size_t max_half_open = 1000;   // beyond it nothing new is answered
    std::size_t cookie_threshold = 50;  // half-open SAs from which on cookies are demanded
    double requests_per_second = 10;    // of IKE_SA_INIT from one address, and so many at once
    double request_burst = 20;
  };
  explicit IkeEngine(const Options& options);
  ~IkeEngine();

  // Replaces what is configured. Peers whose config did not change keep their SAs; a peer that is
  // gone is told (Delete) and forgotten.
  void configure(IkeLocalConfig local, std::vector<IkePeerConfig> peers, TimePoint now);
  // A new address of a peer whose host name was looked up.
  void set_endpoint(PeerId peer, const TransportAddress& endpoint, TimePoint now);

  // One message without the non-ESP marker; its memory is overwritten.
  void handle_message(const AddressPair& addresses, MutableByteSpan message, TimePoint now);
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<IkeTransmit> poll_transmit();
  std::optional<IkeEvent> poll_event();

  // An authentic packet of the peer's child SAs came at that time: it lives (RFC 7296 section 2.4).
  void handle_peer_heard(PeerId peer, TimePoint when);
  // A fresh authentic packet of a child SA came from there (RFC 3948: an address behind a NAT).
  void handle_peer_moved(PeerId peer, const AddressPair& path, TimePoint now);
  // From now on the peer's messages go that way, which is known to work: it has several paths.
  void use_path(PeerId peer, const AddressPair& path, TimePoint now);
  // Where else a peer that began may come to, if it uses MOBIKE; what it does not know it is told.
  void offer_addresses(PeerId peer, const std::vector<IpAddress>& addresses, TimePoint now);
  // A soft or hard limit of the SA that has this inbound SPI, in either direction.
  void handle_child_expiring(Spi spi_in, TimePoint now);
  void handle_child_expired(Spi spi_in, TimePoint now);
  // Local addresses or routes changed: IKE SAs that we began are moved (RFC 4555), outstanding
  // requests are sent again at once.
  void handle_link_change(TimePoint now);

  // For `hawser rekey` and the like; false if there is no such peer or nothing to do it to.
  bool initiate(PeerId peer, TimePoint now);
  bool rekey_child(PeerId peer, TimePoint now);
  bool rekey_ike(PeerId peer, TimePoint now);
  // Deletes the IKE SA; it is not begun again until `initiate`.
  bool terminate(PeerId peer, TimePoint now);
  // Deletes all, for the end of the daemon; what is to be sent is polled once, no answer is
  // awaited.
  void shut_down(TimePoint now);

  std::vector<IkePeerStatus> status(TimePoint now) const;
  IkeCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hawser
