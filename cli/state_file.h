// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace hawser {

// The whole text; nothing if there is no such file or it cannot be read.
std::optional<std::string> read_state_file(const std::string& file);
// Returns when the text is on disk: temporary file, fsync, rename, fsync of the directory. On an
// error, which is a sentence, the disk has the old text or the new one.
Result<void, std::string> write_state_file(const std::string& file, const std::string& text);

}  // namespace hawser
