// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/vendor_id.h"

#include <algorithm>
#include <string_view>

#include "crypto/digest.h"

namespace hawser {
namespace {

constexpr std::size_t kHashSize = 16;
constexpr std::size_t kSize = kHashSize + 4;

}  // namespace

std::vector<std::uint8_t> hawser_vendor_id() {
  constexpr std::string_view kText = "Hawser ikev2-multipath";
  std::uint8_t octets[kText.size()];
  std::ranges::copy(kText, octets);
  const Sha256Digest digest = sha256({ByteSpan(octets)});
  std::vector<std::uint8_t> id(kSize);
  std::copy_n(digest.begin(), kHashSize, id.begin());
  store_be16(id.data() + kHashSize, kHawserVersion);
  return id;
}

bool has_hawser_vendor_id(const IkePayloads& payloads) {
  const std::vector<std::uint8_t> ours = hawser_vendor_id();
  return std::ranges::any_of(payloads.vendor_ids, [&](const std::vector<std::uint8_t>& id) {
    return id.size() >= kSize && std::equal(ours.begin(), ours.begin() + kHashSize, id.begin());
  });
}

}  // namespace hawser
