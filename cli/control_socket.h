// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "tun/unique_fd.h"

namespace hawser {

struct ControlSocket {
  UniqueFd fd;                  // listens, non-blocking
  bool made_directory = false;  // the socket's directory was not there
  std::optional<gid_t> group;   // hawser, if the system has it: may connect
};

// Binds mode 0660, group hawser if it exists. Two daemons that start at once are told apart by a
// lock on the directory. The error is a sentence.
Result<ControlSocket, std::string> bind_control_socket(const std::string& path);

// True for root, for our own user and for members of the group.
bool control_peer_is_allowed(int fd, std::optional<gid_t> group);

}  // namespace hawser
