// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace hawser {

// Two digits for each octet, in lower case.
std::string to_hex(ByteSpan octets);
// The same to memory of the caller, which has room for 2 * octets.size(): for what is secret.
void write_hex(ByteSpan octets, std::uint8_t* to);

// False unless `text` is two digits, of either case, for each of `octets`.
[[nodiscard]] bool read_hex(std::string_view text, MutableByteSpan octets);
// Nothing unless `text` is an even number of digits.
std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text);

}  // namespace hawser
