// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "tunnel/data_plane_command.h"

namespace hawser {

// What the control side tells which worker.
struct WorkerCommand {
  WorkerIndex worker;
  DataPlaneCommand command;
};
using WorkerCommands = std::deque<WorkerCommand>;

}  // namespace hawser
