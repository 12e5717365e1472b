// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/control_protocol.h"

namespace hawser {

// Reading of what a daemon answered, which may be of another version: nothing needs to be there,
// nor of the type that it should have.

// Null if it is not there.
const Json& member(const Json& object, const char* key);
bool is_count(const Json& value);
// 0, false, empty if it is not there.
std::uint64_t number(const Json& object, const char* key);
double real(const Json& object, const char* key);
bool flag(const Json& object, const char* key);
std::string text(const Json& object, const char* key);
// "a, b", or "none".
std::string list(const Json& items);

}  // namespace hawser
