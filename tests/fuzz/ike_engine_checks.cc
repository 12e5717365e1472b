// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "ike-lite/ike_message.h"
#include "tests/fuzz/ike_engine_driver.h"

// What the engine says, and whether it may.
namespace hawser::fuzz {
namespace {

// A peer that is in order gets a few datagrams for one of its own.
constexpr std::size_t kMaxAtOnce = 64;
constexpr std::size_t kMaxReplies = 8;

}  // namespace

void IkeEngineDriver::drain() {
  std::size_t at_once = 0;
  while (const auto transmit = engine_->poll_transmit()) {
    require(++at_once <= kMaxAtOnce);
    take(*transmit);
  }
  while (const auto event = engine_->poll_event()) {
    ++events_;
    std::visit([this](const auto& known) { check(known); }, *event);
  }
}

void IkeEngineDriver::take(const IkeTransmit& transmit) {
  ++transmits_;
  const bool has_marker = transmit.addresses.local.port != kIkePort;
  const std::size_t skip = has_marker ? 4 : 0;
  require(transmit.bytes.size() >= skip + IkeHeader::kSize && transmit.bytes.size() < 65000);
  if (has_marker) require(load_be32(transmit.bytes.data()) == 0);
  Octets reply = rogue_.observe(ByteSpan(transmit.bytes).subspan(skip));
  if (!reply.empty() && to_say_.size() < kMaxReplies) to_say_.push_back(std::move(reply));
}

void IkeEngineDriver::require_peer_a(PeerId peer) const {
  require(peer == IkeWorld::kPeerA && !scene_.is_impostor());
}

void IkeEngineDriver::check(const ChildInstalled& event) {
  require_peer_a(event.peer);
  require(last_child_ < event.child);
  last_child_ = event.child;
  require(!event.sas.empty() && event.sas.size() <= 64);
  require(event.sas.size() == 1 || scene_.hawser);
  Child child;
  for (const ChildSaPair& sa : event.sas) {
    require(spis_.contains(sa.spi_in) && sa.spi_out.value() > 255);
    require(sa.key_in.key().size() == 32 && sa.key_out.key().size() == 32);
    child.spis_in.push_back(sa.spi_in);
    child.spis_out.push_back(sa.spi_out);
  }
  require(!event.local.empty() && !event.remote.empty());
  // With virtual addresses the one that is given counts.
  if (!scene_.addresses) {
    require(all_within(event.local, IkeWorld::engine_side()));
    require(all_within(event.remote, IkeWorld::peer_side()));
  }
  children_.emplace(event.child, std::move(child));
}

void IkeEngineDriver::check(const ChildSending& event) {
  require_peer_a(event.peer);
  require(children_.contains(event.child));
}

void IkeEngineDriver::check(const ChildDraining& event) {
  require(children_.contains(event.child));
}

void IkeEngineDriver::check(const ChildRemoved& event) {
  require(children_.erase(event.child) == 1);
}

void IkeEngineDriver::check(const PeerEstablished& event) {
  require_peer_a(event.peer);
  require(!event.is_hawser || scene_.hawser);
  is_established_ = true;
}

void IkeEngineDriver::check(const PeerLost& event) {
  require_peer_a(event.peer);
  require(is_established_);
  is_established_ = false;
}

void IkeEngineDriver::check(const PeerPathChanged& event) { require_peer_a(event.peer); }

void IkeEngineDriver::check(const PeerAddressesOffered& event) {
  require_peer_a(event.peer);
  require(event.addresses.size() <= 16);
}

void IkeEngineDriver::check(const PeerTrouble& event) { require(!event.what.empty()); }

void IkeEngineDriver::check(const PeerAddressGiven& event) {
  require_peer_a(event.peer);
  require(scene_.addresses && !event.addresses.empty());
}

void IkeEngineDriver::check(const PeerAddressReturned& event) { require_peer_a(event.peer); }

void IkeEngineDriver::finish() {
  (void)engine_->counters();
  engine_->shut_down(now_);
  drain();
  require(children_.empty());
  engine_.reset();
  require(spis_.in_use() == 0);
}

}  // namespace hawser::fuzz
