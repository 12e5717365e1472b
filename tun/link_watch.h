// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/os_error.h"
#include "base/result.h"

struct mnl_socket;

namespace hawser {

// Hears from the kernel that links, addresses or routes changed. Non-blocking; one thread.
class LinkWatch {
 public:
  static Result<LinkWatch, OsError> open();

  // Readable when there is something to poll.
  int fd() const;
  // Takes all that came; true if something changed, other than on the device with the index
  // `ignored`, which is our own.
  bool poll_changed(unsigned ignored);

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const;
  };
  explicit LinkWatch(mnl_socket* socket) : socket_(socket) {}

  std::unique_ptr<mnl_socket, Closer> socket_;
};

}  // namespace hawser
