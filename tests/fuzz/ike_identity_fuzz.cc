// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_identity.h"
#include "tests/fuzz/fuzz_input.h"

// As text of the config, and as what a peer calls itself: the first octet is the type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  if (const auto identity = IkeIdentity::parse(fuzz::as_text({data, size}))) {
    const auto again = IkeIdentity::parse(identity->to_string());
    fuzz::require(again && *again == *identity);
  }
  fuzz::FuzzInput input(data, size);
  const IkeIdentity shown{.type = input.u8(), .data = input.rest()};
  const std::string text = shown.to_string();
  fuzz::require(std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }));
  // Nobody looks like another in a log.
  const auto read = IkeIdentity::parse(text);
  fuzz::require(!read || read->same_as(shown));
  fuzz::require(shown.same_as(shown));
  return 0;
}
