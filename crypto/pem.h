// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "crypto/openssl_handle.h"

namespace hawser {

// Keys and files in PEM (RFC 7468) through OpenSSL; only crypto/ includes this. All leave nullptr
// for what cannot be read, and never ask for a passphrase: what is encrypted cannot be read.
BioHandle memory_of(std::string_view text);
KeyHandle read_public_key_pem(std::string_view text);
KeyHandle read_private_key_pem(std::string_view text);

}  // namespace hawser
