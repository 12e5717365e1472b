// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/certificate_error.h"
#include "crypto/openssl_handle.h"

namespace hawser {

// What OpenSSL does not ask of a chain, as it knows no purpose "IKE"; only crypto/ includes this.
// `chain` begins with the leaf, ends with the anchor, and is otherwise good.
Result<void, CertificateError> check_usage(const STACK_OF(X509) * chain);

// "CN=gw.lab,O=Lab" (RFC 2253).
std::string subject_of(const X509* certificate);

}  // namespace hawser
