// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hawser {

// Ends the process with one sentence, where going on would mean to run without the protection that
// the caller relies on. Not for anything that a peer can cause.
[[noreturn]] inline void die(const char* sentence) {
  std::fputs("hawser: ", stderr);
  std::fputs(sentence, stderr);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace hawser
