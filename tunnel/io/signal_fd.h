// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <utility>

#include "base/os_error.h"
#include "base/result.h"
#include "tun/unique_fd.h"

namespace hawser {

// Signals as something to read. Blocks them for the calling thread and those that it starts later:
// open it before any other thread.
class SignalFd {
 public:
  static Result<SignalFd, OsError> open(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }
  // The next signal that has come, if any.
  std::optional<int> read();

 private:
  explicit SignalFd(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace hawser
