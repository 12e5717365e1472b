// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

// What was read, written and read again is the same.
template <typename T>
void round_trip(std::string_view text) {
  const auto first = T::parse(text);
  if (!first) return;
  hawser::fuzz::require(T::parse(first->to_string()) == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = hawser::fuzz::as_text({data, size});
  round_trip<hawser::IpAddress>(text);
  round_trip<hawser::IpPrefix>(text);
  round_trip<hawser::TransportAddress>(text);
  if (const auto prefix = hawser::IpPrefix::parse(text)) {
    hawser::fuzz::require(prefix->contains(prefix->address));
    hawser::fuzz::require(prefix->network().is_network() && prefix->overlaps(prefix->network()));
  }
  return 0;
}
