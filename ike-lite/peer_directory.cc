// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/peer_directory.h"

#include <algorithm>

namespace hawser {
namespace {

// Equal for all that IkeIdentity::same_as() may take for the same.
std::string key_of(const IkeIdentity& identity) {
  std::string key(1, static_cast<char>(identity.type));
  const bool is_text = identity.type == static_cast<std::uint8_t>(IdType::kFqdn) ||
                       identity.type == static_cast<std::uint8_t>(IdType::kRfc822);
  for (const std::uint8_t octet : identity.data) {
    const bool is_upper = octet >= 'A' && octet <= 'Z';
    key.push_back(static_cast<char>(is_text && is_upper ? octet - 'A' + 'a' : octet));
  }
  return key;
}

template <typename T>
void merge(std::vector<T>& into, const std::vector<T>& more) {
  for (const T& item : more) {
    if (std::ranges::find(into, item) == into.end()) into.push_back(item);
  }
}

}  // namespace

IkeSuitePolicy ike_suite_policy(const IkePeerConfig& peer) {
  return {.ciphers = peer.ike_ciphers,
          .prfs = {PrfAlgorithm::kHmacSha256, PrfAlgorithm::kHmacSha512},
          .groups = peer.groups};
}

void PeerDirectory::put(IkePeerConfig config) {
  const PeerId id = config.id;
  std::unique_ptr<IkePeerConfig>& slot = peers_[id];
  if (slot == nullptr) {
    slot = std::make_unique<IkePeerConfig>(std::move(config));
  } else {
    *slot = std::move(config);
  }
}

void PeerDirectory::remove(PeerId id) { peers_.erase(id); }

void PeerDirectory::set_endpoint(PeerId id, const TransportAddress& endpoint) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  IkePeerConfig& peer = *found->second;
  if (peer.endpoint) {
    const auto before = by_address_.find(peer.endpoint->address);
    if (before != by_address_.end() && before->second == &peer) by_address_.erase(before);
  }
  if (only_anywhere_ == &peer) only_anywhere_ = nullptr;
  peer.endpoint = endpoint;
  by_address_.emplace(endpoint.address, &peer);
}

void PeerDirectory::index() {
  by_identity_.clear();
  by_address_.clear();
  common_policy_ = IkeSuitePolicy();
  any_post_quantum_key_ = false;
  any_interop_ = false;
  only_anywhere_ = nullptr;
  bool several_anywhere = false;
  for (const auto& [id, peer] : peers_) {
    by_identity_.emplace(key_of(peer->identity), peer.get());
    if (peer->endpoint) {
      by_address_.emplace(peer->endpoint->address, peer.get());
    } else {
      several_anywhere = several_anywhere || only_anywhere_ != nullptr;
      only_anywhere_ = peer.get();
    }
    const IkeSuitePolicy policy = ike_suite_policy(*peer);
    merge(common_policy_.ciphers, policy.ciphers);
    merge(common_policy_.prfs, policy.prfs);
    merge(common_policy_.groups, policy.groups);
    any_post_quantum_key_ = any_post_quantum_key_ || peer->post_quantum_key.has_value();
    any_interop_ = any_interop_ || peer->interop;
  }
  if (several_anywhere) only_anywhere_ = nullptr;
}

const IkePeerConfig* PeerDirectory::find(PeerId id) const {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : found->second.get();
}

const IkePeerConfig* PeerDirectory::find_by_identity(const IkeIdentity& identity) const {
  const auto found = by_identity_.find(key_of(identity));
  if (found == by_identity_.end() || !found->second->identity.same_as(identity)) return nullptr;
  return found->second;
}

const IkePeerConfig* PeerDirectory::find_by_address(const IpAddress& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

const IkePeerConfig* PeerDirectory::suspect(const IpAddress& address) const {
  const IkePeerConfig* peer = find_by_address(address);
  return peer != nullptr ? peer : only_anywhere_;
}

}  // namespace hawser
