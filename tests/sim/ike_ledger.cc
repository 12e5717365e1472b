// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_ledger.h"

#include <algorithm>
#include <cstdio>

namespace hawser {
namespace {

std::uint64_t print_of(const SaKey& key) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t octet : key.key_and_salt.bytes()) hash = (hash ^ octet) * 0x100000001b3u;
  return hash;
}

std::string number(ChildId child) { return "child " + std::to_string(child.value()); }

std::string hex(Spi spi) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", spi.value());
  return text;
}

struct EventText {
  std::string operator()(const ChildInstalled& e) const {
    std::string text = number(e.child) + " installed:";
    for (const ChildSaPair& pair : e.sas) {
      text += " " + hex(pair.spi_in) + " in, " + hex(pair.spi_out) + " out";
    }
    return text;
  }
  std::string operator()(const ChildSending& e) const { return "sending on " + number(e.child); }
  std::string operator()(const ChildDraining& e) const { return number(e.child) + " draining"; }
  std::string operator()(const ChildRemoved& e) const { return number(e.child) + " removed"; }
  std::string operator()(const PeerEstablished& e) const {
    return "established at " + e.path.remote.to_string();
  }
  std::string operator()(const PeerPathChanged& e) const {
    return "path changed to " + e.path.remote.to_string();
  }
  std::string operator()(const PeerAddressesOffered&) const { return "addresses offered"; }
  std::string operator()(const PeerLost& e) const { return "lost: " + e.reason; }
  std::string operator()(const PeerTrouble& e) const { return "trouble: " + e.what; }
  std::string operator()(const PeerAddressGiven&) const { return "address given"; }
  std::string operator()(const PeerAddressReturned&) const { return "address returned"; }
};

}  // namespace

std::optional<Spi> TrackedSpis::allocate(unsigned k) {
  for (;;) {
    const Spi spi(((k + 1) << 24) | (random_.next_u32() & 0xffffff));
    if (in_use_.insert(spi).second) return spi;
  }
}

void TrackedSpis::release(Spi spi) {
  if (in_use_.erase(spi) == 0) ++wrong_releases_;
}

void IkeLedger::restart() {
  children_.clear();
  keys_in_.clear();
  seen_.clear();
  sending_.reset();
  path_.reset();
}

const IkeLedger::Child* IkeLedger::sending() const {
  return sending_ ? &children_.at(*sending_) : nullptr;
}

std::optional<std::uint64_t> IkeLedger::key_of(Spi spi_in) const {
  const auto found = keys_in_.find(spi_in);
  if (found == keys_in_.end()) return std::nullopt;
  return found->second;
}

IkeLedger::Child* IkeLedger::known(ChildId child, const char* what) {
  const auto found = children_.find(child);
  if (found != children_.end()) return &found->second;
  violation(std::string(what) + " of " + number(child) + ", which is " +
            (seen_.contains(child) ? "removed" : "not installed"));
  return nullptr;
}

void IkeLedger::take_installed(const ChildInstalled& event) {
  ++installed_;
  if (!seen_.insert(event.child).second) violation(number(event.child) + " installed twice");
  Child child{.what = {.peer = event.peer,
                       .child = event.child,
                       .esn = event.esn,
                       .local = event.local,
                       .remote = event.remote}};
  if (event.sas.empty()) violation(number(event.child) + " has no SAs");
  for (const ChildSaPair& pair : event.sas) {
    if (!pair.key_in.is_complete() || !pair.key_out.is_complete()) violation("incomplete key");
    if (!spis_.in_use().contains(pair.spi_in)) violation("SPI of a child was not reserved");
    if (keys_in_.contains(pair.spi_in)) violation("SPI installed twice");
    const std::uint64_t in = print_of(pair.key_in);
    const std::uint64_t out = print_of(pair.key_out);
    // A nonce repeats if a key does, whatever its SPI.
    if (!prints_.insert(in).second || !prints_.insert(out).second) {
      violation("a key was installed twice");
    }
    if (!used_.insert({pair.spi_out, out}).second) violation("key and SPI installed twice");
    keys_in_[pair.spi_in] = in;
    child.in_prints.push_back(in);
    child.out_prints.push_back(out);
    child.what.sas.push_back({.spi_in = pair.spi_in, .spi_out = pair.spi_out});
  }
  children_.emplace(event.child, std::move(child));
}

void IkeLedger::take(const IkeEvent& event) {
  if (const auto* installed = std::get_if<ChildInstalled>(&event)) {
    take_installed(*installed);
  } else if (const auto* sends = std::get_if<ChildSending>(&event)) {
    Child* child = known(sends->child, "sending");
    if (child == nullptr) return;
    if (child->state == State::kDraining) violation("sending again on what drains");
    // The workers have the keys of what is sent on, and nobody else has: to come back to it would
    // be to count its numbers anew.
    if (child->state == State::kSending && sending_ != sends->child) {
      violation("sending again on what another was sent on after");
    }
    child->state = State::kSending;
    sending_ = sends->child;
  } else if (const auto* drains = std::get_if<ChildDraining>(&event)) {
    Child* child = known(drains->child, "draining");
    if (child == nullptr) return;
    child->state = State::kDraining;
    if (sending_ == drains->child) sending_.reset();
  } else if (const auto* removed = std::get_if<ChildRemoved>(&event)) {
    Child* child = known(removed->child, "removal");
    if (child == nullptr) return;
    for (const ChildSaPair& pair : child->what.sas) {
      keys_in_.erase(pair.spi_in);
      if (spis_.in_use().contains(pair.spi_in)) violation("SPI of a removed child is kept");
    }
    if (sending_ == removed->child) sending_.reset();
    children_.erase(removed->child);
  } else if (const auto* established = std::get_if<PeerEstablished>(&event)) {
    ++established_;
    path_ = established->path;
  } else if (const auto* moved = std::get_if<PeerPathChanged>(&event)) {
    path_ = moved->path;
  } else if (std::get_if<PeerLost>(&event) != nullptr) {
    ++lost_;
    if (!children_.empty()) violation("the peer is lost, and children are left");
  }
}

std::string describe(const IkeEvent& event) { return std::visit(EventText(), event); }

}  // namespace hawser
