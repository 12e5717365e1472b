// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/config_loader.h"
#include "cli/tunnel_interface.h"
#include "tunnel/io/worker.h"

namespace hawser {

// The one worker of a tunnel, with the sockets that its config asks for; it has begun to listen.
// The interface must outlive it. The error is a sentence.
Result<std::unique_ptr<Worker>, std::string> start_worker(EventLoop& loop, const Config& config,
                                                          TunnelInterface& interface);

}  // namespace hawser
