// SPDX-License-Identifier: Apache-2.0
#include "cli/control_protocol.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const auto request = parse_control_request(fuzz::as_text({data, size}));
  // Whatever was asked, the answer is one line.
  const std::string answer =
      request ? make_response(request->id, Json::object()) : make_error_response(request.error());
  fuzz::require(answer.find('\n') == answer.size() - 1);
  return 0;
}
