// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/control_protocol.h"
#include "cli/status_report.h"

namespace hawser {

// The result of `paths`; docs/control.md has the schema.
Json make_paths(const StatusSource& source);

// The same for people: a table for each peer, and with `why` what each path is used for.
std::string paths_text(const Json& paths);
std::string paths_why_text(const Json& paths);

}  // namespace hawser
