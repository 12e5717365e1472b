// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/control_protocol.h"

namespace hawser {

// What a person reads, of the results of `status`, `sas` and of an event. Members that are missing
// (an older or newer daemon) are left out.
std::string status_text(const Json& status);
std::string sas_text(const Json& sas);
std::string event_text(const Json& event);

// "1.50 MiB", "312 B".
std::string bytes_text(std::uint64_t bytes);
// "1 h 2 min 3 s", "12.3 s", "850 ms".
std::string duration_text(std::uint64_t milliseconds);

}  // namespace hawser
