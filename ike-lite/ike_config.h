// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/spi.h"
#include "base/time.h"
#include "crypto/aead.h"
#include "crypto/certificate_store.h"
#include "crypto/identity_key.h"
#include "crypto/key_exchange.h"
#include "crypto/secret.h"
#include "crypto/signing_key.h"
#include "ike-lite/ike_identity.h"
#include "ike-lite/traffic_selector.h"

namespace hawser {

// How one end proves who it is. Each peer uses the same way in both directions.
struct RawKeyAuth {
  IdentityPublicKey key;  // the peer's; ours is in IkeLocalConfig
};
struct SharedKeyAuth {
  Secret key;
};
struct CertificateAuth {
  CertificateStore store;  // whom we believe about this peer
};
using PeerAuth = std::variant<RawKeyAuth, SharedKeyAuth, CertificateAuth>;

// RFC 8784.
struct PostQuantumKey {
  std::string id;
  Secret key;
  bool required = true;
};

// What is ours in every IKE SA.
struct IkeLocalConfig {
  IkeIdentity identity;
  std::optional<IdentityPrivateKey> raw_key;
  std::optional<SigningKey> certificate_key;
  std::vector<Certificate> certificates;  // the leaf first
  // Answers nothing but IKE_SA_INIT with a MAC under a key made from our public key (DESIGN: quiet
  // mode, docs/wire-format.md). Needs raw_key.
  bool quiet = false;
  std::vector<IpAddress> pool_dns;  // given with addresses of the pool
};

// What is agreed with one peer.
struct IkePeerConfig {
  PeerId id;
  std::string name;
  std::optional<TransportAddress> endpoint;   // unset: only the peer can begin
  bool interop = false;                       // not a Hawser: no extension is offered
  bool initiate = true;                       // if it has an endpoint: begin, and begin again
  IkeIdentity identity;                       // the peer must show this one
  std::optional<IkeIdentity> local_identity;  // instead of IkeLocalConfig's
  PeerAuth auth;
  std::optional<PostQuantumKey> post_quantum_key;
  // In the order of preference; none empty.
  std::vector<AeadAlgorithm> ike_ciphers;
  std::vector<AeadAlgorithm> esp_ciphers;
  std::vector<KeyExchangeGroup> groups;
  bool pfs = true;  // a key exchange for each later child SA
  TrafficSelectors local;
  TrafficSelectors remote;
  bool request_address = false;
  bool give_address = false;  // from the pool, when asked
  unsigned child_sas = 1;     // K of a slot, between Hawsers; the larger of both ends' counts
  unsigned path_slots = 0;    // paths that a set has SAs for; the smaller of both; 0: no multipath
  // Soft limits; jitter of up to a tenth is taken off. 0: none.
  Duration rekey_time{Seconds(3600)};
  Duration ike_rekey_time{Seconds(4 * 3600)};
  Duration dead_peer_interval{Seconds(30)};  // of silence before the peer is asked; 0: never
};

}  // namespace hawser
