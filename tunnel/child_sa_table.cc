// SPDX-License-Identifier: Apache-2.0
#include "tunnel/child_sa_table.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

// Of a limit at which keys are replaced: time enough for the slowest exchange.
constexpr std::uint64_t kHardFactor = 8;
// Longer than an IKE SA survives silence, so that a rekey that hangs is not what ends the SA.
constexpr Duration kHardDelay = Seconds(360);
// RFC 4303 section 3.3.3: without ESN the numbers must not go round.
constexpr std::uint64_t kNumbersWithoutEsn = 0xffffffff;

PathId path_of(const ChildInstalled& child, std::size_t index) {
  return PathId(static_cast<std::uint32_t>(index / child.per_slot));
}

unsigned pair_of(const ChildInstalled& child, std::size_t index) {
  return static_cast<unsigned>(index % child.per_slot);
}

std::uint64_t hard_limit(std::uint64_t soft) {
  return soft > UINT64_MAX / kHardFactor ? UINT64_MAX : soft * kHardFactor;
}

}  // namespace

SaLifetime ChildLimits::lifetime(bool esn) const {
  SaLifetime lifetime;
  lifetime.packets = hard_limit(rekey_packets);
  lifetime.soft_packets = rekey_packets;
  if (!esn && (lifetime.packets == 0 || lifetime.packets > kNumbersWithoutEsn)) {
    lifetime.packets = kNumbersWithoutEsn;
    // Its nine tenths may come first.
    if (rekey_packets > kNumbersWithoutEsn / 10 * 9) lifetime.soft_packets = 0;
  }
  lifetime.bytes = hard_limit(rekey_bytes);
  lifetime.soft_bytes = rekey_bytes;
  if (rekey_time != Duration(0)) lifetime.time = rekey_time / 4 * 5 + kHardDelay;
  return lifetime;
}

WorkerIndex ChildSaTable::owner_of_index(const ChildInstalled& child, std::size_t index) const {
  return owner_of(pair_of(child, index), workers_);
}

void ChildSaTable::install(ChildInstalled child, const ChildLimits& limits) {
  const SaSelectors selectors{child.local, child.remote};
  for (std::size_t i = 0; i < child.sas.size(); ++i) {
    ChildSaPair& pair = child.sas[i];
    commands_.push_back(
        {owner_of_index(child, i), InstallInboundSa{.peer = child.peer,
                                                    .spi = pair.spi_in,
                                                    .key = std::move(pair.key_in),
                                                    .esn = child.esn,
                                                    .replay_window = limits.replay_window,
                                                    .lifetime = limits.lifetime(child.esn),
                                                    .selectors = selectors,
                                                    .path = path_of(child, i),
                                                    .pair = pair_of(child, i),
                                                    .shim = child.shim}});
  }
  peers_[child.peer].children.push_back({std::move(child), limits});
}

ChildSaTable::PeerChildren* ChildSaTable::find(PeerId peer) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

void ChildSaTable::replace_outbound(PeerId peer, const Child* child) {
  for (unsigned w = 0; w < workers_; ++w) {
    ReplaceOutboundSas replace{peer, {}};
    for (std::size_t i = 0; child != nullptr && i < child->sas.sas.size(); ++i) {
      if (owner_of_index(child->sas, i) != owner_of(w, workers_)) continue;
      const ChildSaPair& pair = child->sas.sas[i];
      replace.sas.push_back({.peer = peer,
                             .spi = pair.spi_out,
                             .key = pair.key_out.clone(),
                             .esn = child->sas.esn,
                             .lifetime = child->limits.lifetime(child->sas.esn),
                             .selectors = SaSelectors{child->sas.local, child->sas.remote},
                             .path = path_of(child->sas, i),
                             .pair = pair_of(child->sas, i),
                             .shim = child->sas.shim});
    }
    commands_.push_back({owner_of(w, workers_), std::move(replace)});
  }
}

bool ChildSaTable::send_on(PeerId peer, ChildId child) {
  PeerChildren* entry = find(peer);
  if (entry == nullptr) return false;
  const auto found = std::ranges::find(entry->children, child,
                                       [](const Child& candidate) { return candidate.sas.child; });
  if (found == entry->children.end()) return false;
  if (entry->sending == child) return true;
  // What was sent on once has given its key away: again, its numbers would begin anew, and a nonce
  // would repeat.
  if (found->sas.sas.empty() || found->sas.sas.front().key_out.key_and_salt.empty()) return false;
  replace_outbound(peer, &*found);
  entry->sending = child;
  // The workers have the keys now; here they are needed no more.
  for (ChildSaPair& pair : found->sas.sas) pair.key_out.key_and_salt = Secret();
  return true;
}

void ChildSaTable::stop_sending(PeerId peer, ChildId child) {
  PeerChildren* entry = find(peer);
  if (entry == nullptr || entry->sending != child) return;
  replace_outbound(peer, nullptr);
  entry->sending.reset();
}

void ChildSaTable::remove(PeerId peer, ChildId child) {
  PeerChildren* entry = find(peer);
  if (entry == nullptr) return;
  stop_sending(peer, child);
  const auto found = std::ranges::find(entry->children, child,
                                       [](const Child& candidate) { return candidate.sas.child; });
  if (found == entry->children.end()) return;
  for (std::size_t i = 0; i < found->sas.sas.size(); ++i) {
    commands_.push_back({owner_of_index(found->sas, i), RemoveInboundSa{found->sas.sas[i].spi_in}});
  }
  entry->children.erase(found);
  if (entry->children.empty()) peers_.erase(peer);
}

std::vector<Spi> ChildSaTable::remove_peer(PeerId peer) {
  std::vector<Spi> spis;
  while (PeerChildren* entry = find(peer)) {
    const ChildInstalled& sas = entry->children.front().sas;
    for (const ChildSaPair& pair : sas.sas) spis.push_back(pair.spi_in);
    remove(peer, sas.child);
  }
  return spis;
}

bool ChildSaTable::sends(PeerId peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.sending.has_value();
}

std::optional<Spi> ChildSaTable::find_inbound(PeerId peer, Spi spi, SaDirection direction) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return std::nullopt;
  for (const Child& child : found->second.children) {
    for (const ChildSaPair& pair : child.sas.sas) {
      const Spi candidate = direction == SaDirection::kInbound ? pair.spi_in : pair.spi_out;
      if (candidate == spi) return child.sas.sas.front().spi_in;
    }
  }
  return std::nullopt;
}

}  // namespace hawser
