// SPDX-License-Identifier: Apache-2.0
#include "crypto/identity_key.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = hawser::fuzz::as_text({data, size});
  if (const auto key = hawser::IdentityPublicKey::parse(text)) {
    hawser::fuzz::require(key->to_string() == text);
  }
  if (const auto key = hawser::IdentityPrivateKey::parse(text)) {
    const auto written = key->to_text();
    const auto again = hawser::IdentityPrivateKey::parse(hawser::fuzz::as_text(written.bytes()));
    hawser::fuzz::require(again && again->public_key() == key->public_key());
  }
  return 0;
}
