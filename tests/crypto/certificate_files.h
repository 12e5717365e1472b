// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"

namespace hawser::test {

// Files under tests/vectors/certificates/. Throw std::runtime_error where there is none.
std::string certificate_file(std::string_view name);
std::vector<std::uint8_t> certificate_octets(std::string_view name);
// The first certificate of NAME.pem.
Certificate read_certificate(std::string_view name);

ByteSpan bytes_of(std::string_view text);

}  // namespace hawser::test
