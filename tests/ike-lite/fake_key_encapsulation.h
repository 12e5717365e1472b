// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hawser {

// A program that is linked with fake_key_encapsulation.cc has this instead of ML-KEM, of the same
// sizes, wherever OpenSSL has none: the secret is SHA-256 of the first 32 octets of the public
// value and of the ciphertext. It protects nothing.
struct FakeKeyEncapsulation {
  bool is_available = true;
  bool refuses_public_values = false;
  bool gives_wrong_secrets = false;  // to the initiator
};
FakeKeyEncapsulation& fake_key_encapsulation();

}  // namespace hawser
