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

std::optional<PemContents> read_pem(std::string_view text, std::string_view label) {
  const BioHandle memory = memory_of(text);
  if (memory == nullptr) return std::nullopt;
  PemContents contents;
  ERR_clear_error();
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (PEM_read_bio(memory.get(), &name, &header, &data, &size) == 1) {
    if (name == label) contents.emplace_back(data, data + size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    // It may be the private key of a file that has all in one.
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return std::nullopt;
  return contents;
}

}  // namespace hawser
