// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/os_error.h"
#include "base/result.h"

struct mnl_socket;

namespace hawser {

// What has changed, other than of our own device.
struct LinkChanges {
  bool links = false;  // or their addresses
  bool routes = false;

  bool any() const { return links || routes; }
};

// Hears from the kernel that links, addresses or routes changed. Non-blocking; one thread.
class LinkWatch {
 public:
  static Result<LinkWatch, OsError> open();

  // Readable when there is something to poll.
  int fd() const;
  // Takes all that came; the device with the index `ignored` is our own.
  LinkChanges poll_changes(unsigned ignored);

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const;
  };
  explicit LinkWatch(mnl_socket* socket) : socket_(socket) {}

  std::unique_ptr<mnl_socket, Closer> socket_;
};

}  // namespace hawser
