// SPDX-License-Identifier: Apache-2.0
#include "cli/config_checks.h"
#include "cli/config_scanner.h"
#include "cli/config_value.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const auto text = fuzz::as_text({data, size});
  const auto scanned = scan_config(text, "fuzz.conf");
  fuzz::require(scanned || !scanned.error().empty());
  const ConfigErrors errors = scanned ? check_config_keys(*scanned) : scanned.error();
  for (const ConfigError& error : errors) {
    fuzz::require(error.line > 0 && error.to_string().find('\n') == std::string::npos);
  }
  for (const ConfigKey& key : config_keys()) (void)check_config_value(key, text);
  return 0;
}
