// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace hawser {

// All of it, however often a signal comes between. On false errno says why.
[[nodiscard]] bool write_all(int fd, ByteSpan bytes);
[[nodiscard]] bool write_all(int fd, std::string_view text);

}  // namespace hawser
