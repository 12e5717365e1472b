// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/openssl_handle.h"

namespace hawser {

// Keys and files in PEM (RFC 7468) through OpenSSL; only crypto/ includes this. All give nullptr
// for what cannot be read, and never ask for a passphrase: what is encrypted cannot be read.
BioHandle memory_of(std::string_view text);
KeyHandle read_public_key_pem(std::string_view text);
KeyHandle read_private_key_pem(std::string_view text);

// The contents of all blocks "-----BEGIN label-----", others skipped; std::nullopt if one of any
// label is damaged.
using PemContents = std::vector<std::vector<std::uint8_t>>;
std::optional<PemContents> read_pem(std::string_view text, std::string_view label);

}  // namespace hawser
