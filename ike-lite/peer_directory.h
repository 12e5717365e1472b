// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ike-lite/ike_config.h"
#include "ike-lite/ike_suite.h"

namespace hawser {

// The peers that are configured, and how to find one. A config stays at its address until it is
// replaced or removed.
class PeerDirectory {
 public:
  // index() makes these count; in between, only find(PeerId) may be asked.
  void put(IkePeerConfig config);
  void remove(PeerId id);
  void index();
  void set_endpoint(PeerId id, const TransportAddress& endpoint);

  const IkePeerConfig* find(PeerId id) const;
  // Who shows this identity (RFC 7296 section 3.5).
  const IkePeerConfig* find_by_identity(const IkeIdentity& identity) const;
  // Whose endpoint is at this address, on whatever port.
  const IkePeerConfig* find_by_address(const IpAddress& address) const;
  // Whom trouble with a stranger at this address is to be told of: the peer that is there, else the
  // only one that may be anywhere.
  const IkePeerConfig* suspect(const IpAddress& address) const;

  // What we accept of somebody who is not known yet: what any peer may use.
  const IkeSuitePolicy& common_policy() const { return common_policy_; }
  bool any_post_quantum_key() const { return any_post_quantum_key_; }
  bool any_interop() const { return any_interop_; }
  const std::map<PeerId, std::unique_ptr<IkePeerConfig>>& all() const { return peers_; }

 private:
  std::map<PeerId, std::unique_ptr<IkePeerConfig>> peers_;
  std::unordered_map<std::string, const IkePeerConfig*> by_identity_;
  std::map<IpAddress, const IkePeerConfig*> by_address_;
  const IkePeerConfig* only_anywhere_ = nullptr;  // if exactly one has no endpoint
  IkeSuitePolicy common_policy_;
  bool any_post_quantum_key_ = false;
  bool any_interop_ = false;
};

// What is offered to a peer in IKE_SA_INIT and in a rekey of the IKE SA.
IkeSuitePolicy ike_suite_policy(const IkePeerConfig& peer);

}  // namespace hawser
