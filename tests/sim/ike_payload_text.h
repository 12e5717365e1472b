// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ike-lite/ike_message.h"

namespace hawser {

// For transcripts: "CREATE_CHILD_SA request 5 of 1a2b3c4d", with the beginning of the SPI of the
// IKE SA's initiator; "N(REKEY_SA 0102a3f4) SA KE Nonce TSi TSr".
std::string text_of_header(const IkeHeader& header);
std::string text_of_payloads(const IkePayloads& payloads);

}  // namespace hawser
