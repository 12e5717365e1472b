// SPDX-License-Identifier: Apache-2.0
// In the place of aead_ipsec_mb.cc where intel-ipsec-mb is not installed or does not exist.
#include "crypto/aead_provider.h"

namespace hawser {

std::unique_ptr<Aead> make_ipsec_mb_aead(AeadAlgorithm, ByteSpan) { return nullptr; }
bool ipsec_mb_available() { return false; }

}  // namespace hawser
