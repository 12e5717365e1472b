// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.h"

#include <openssl/pem.h>

#include <climits>

namespace hawser {
namespace {

// OpenSSL's own would ask at the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

BioHandle memory_of(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  // An empty buffer of OpenSSL is a pointer all the same.
  return BioHandle(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

KeyHandle read_public_key_pem(std::string_view text) {
  const BioHandle memory = memory_of(text);
  if (memory == nullptr) return nullptr;
  return KeyHandle(PEM_read_bio_PUBKEY(memory.get(), nullptr, no_passphrase, nullptr));
}

KeyHandle read_private_key_pem(std::string_view text) {
  const BioHandle memory = memory_of(text);
  if (memory == nullptr) return nullptr;
  return KeyHandle(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr));
}

}  // namespace hawser
