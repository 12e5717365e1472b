// SPDX-License-Identifier: Apache-2.0
#include "cli/key_file.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const auto keys = parse_key_file(fuzz::as_text({data, size}));
  if (!keys) {
    fuzz::require(keys.error().what.find('\n') == std::string::npos);
    return 0;
  }
  const Secret text = key_file_text(*keys);
  const auto again = parse_key_file(fuzz::as_text(text.bytes()));
  fuzz::require(again && equal_in_constant_time(again->in.bytes(), keys->in.bytes()) &&
                equal_in_constant_time(again->out.bytes(), keys->out.bytes()));
  return 0;
}
