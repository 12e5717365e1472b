// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "crypto/aead.h"
#include "crypto/key_exchange.h"
#include "crypto/prf.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// For people who ask why two ends do not agree: "AES-CBC-256", "MODP-2048"; a number where the
// registry's name is not known here.
std::string transform_name(const Transform& transform);

// As in the config and in `hawser status`.
std::string_view prf_name(PrfAlgorithm algorithm);
std::string_view key_exchange_name(KeyExchangeGroup group);

// "a", "a and b", "a, b and c" or, with "or", "a, b or c".
std::string join_names(std::span<const std::string> names, std::string_view last_word);

}  // namespace hawser
