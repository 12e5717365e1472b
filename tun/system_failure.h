// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/os_error.h"
#include "base/result.h"

namespace hawser {

// "`what`: Permission denied", from an errno.
Failure<OsError> system_failure(std::string what, int code);

}  // namespace hawser
