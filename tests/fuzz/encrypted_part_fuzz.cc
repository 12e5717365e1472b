// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_message.h"
#include "tests/fuzz/fuzz_input.h"

// Where SK and SKF lie: as the message is, and with the length that it should have.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  fuzz::FuzzInput input(data, size);
  auto bytes = input.rest();
  for (int turn = 0; turn < 2; ++turn) {
    if (const auto part = EncryptedPart::parse(bytes)) {
      fuzz::require(part->aad_size == (part->is_fragment ? 36 : 32));
      fuzz::require(part->body_offset == part->aad_size && part->body_offset + 25 <= size);
      fuzz::require(part->fragment >= 1 && part->fragment <= part->fragments);
      fuzz::require(!IkeMessage::parse(bytes));
    }
    if (size < IkeHeader::kSize) break;
    store_be32(bytes.data() + 24, static_cast<std::uint32_t>(size));
  }
  return 0;
}
