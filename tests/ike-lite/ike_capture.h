// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ike-lite/ike_keys.h"
#include "tests/crypto/vector_file.h"
#include "tests/support/inner_packets.h"

namespace hawser::test {

inline Bytes octets_of(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }
inline Bytes octets_of(const Secret& secret) { return octets_of(secret.bytes()); }
inline Bytes octets_of(const SaKey& key) { return octets_of(key.key_and_salt); }

// An IKE SA of two strongSwan (tests/vectors/ike), with the names of its values.
class IkeCapture {
 public:
  explicit IkeCapture(const std::string& name) : values_(read_vectors("ike/" + name + ".txt")[0]) {}

  Bytes hex(const std::string& name) const { return values_.hex(name); }
  Secret secret(const std::string& name) const { return Secret::copy_of(hex(name)); }
  std::string text(const std::string& name) const { return values_.text(name); }
  IkeSpiPair spis() const {
    return {IkeSpi(load_be64(hex("spi_i").data())), IkeSpi(load_be64(hex("spi_r").data()))};
  }
  // As strongSwan logged them.
  IkeKeys keys() const {
    return {.prf = PrfAlgorithm::kHmacSha256,
            .sk_d = secret("sk_d"),
            .sk_ei = {AeadAlgorithm::kAes256Gcm, secret("sk_ei")},
            .sk_er = {AeadAlgorithm::kAes256Gcm, secret("sk_er")},
            .sk_pi = secret("sk_pi"),
            .sk_pr = secret("sk_pr")};
  }

 private:
  VectorCase values_;
};

// Keys of no IKE SA, for any algorithm.
inline IkeKeys made_up_keys(AeadAlgorithm algorithm) {
  const auto filled = [](std::size_t size, std::uint8_t octet) {
    return Secret::copy_of(Bytes(size, octet));
  };
  const std::size_t size = aead_key_size(algorithm) + kAeadSaltSize;
  return {.prf = PrfAlgorithm::kHmacSha256,
          .sk_d = filled(32, 1),
          .sk_ei = {algorithm, filled(size, 2)},
          .sk_er = {algorithm, filled(size, 3)},
          .sk_pi = filled(32, 4),
          .sk_pr = filled(32, 5)};
}

}  // namespace hawser::test
