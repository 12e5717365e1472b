// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hawser {

// Why something asked of the operating system did not work: a sentence for a person, and the errno
// for code that has a way out.
struct OsError {
  std::string what;  // "cannot open /dev/net/tun: Permission denied"
  int code = 0;
};

}  // namespace hawser
