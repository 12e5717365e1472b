// SPDX-License-Identifier: Apache-2.0
#include "tun/system_failure.h"

#include <system_error>
#include <utility>

namespace hawser {

Failure<OsError> system_failure(std::string what, int code) {
  what += ": " + std::generic_category().message(code);
  return failure(OsError{std::move(what), code});
}

}  // namespace hawser
