// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "cli/control_protocol.h"
#include "cli/sequence_store.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/worker.h"

namespace hawser {

// Tells the monitors of an event.
using Publish = std::function<void(std::string_view event, Json members)>;

// Carries between the endpoint, its worker and the disk what they have for each other, and tells
// of what happened. Decides nothing. One thread; all that it is given must outlive it.
class EndpointPump {
 public:
  EndpointPump(Endpoint& endpoint, Worker& worker, SequenceStore& sequences, Publish publish)
      : endpoint_(endpoint), worker_(worker), sequences_(sequences), publish_(std::move(publish)) {}

  // To be called after each round of the loop, and after the endpoint was told anything.
  void pump();

 private:
  void pump_commands();
  // Puts the marks on disk, and tells the endpoint.
  void reserve(const std::vector<ReserveRequested>& requests);
  void tell(const Event& event);

  Endpoint& endpoint_;
  Worker& worker_;
  SequenceStore& sequences_;
  Publish publish_;
};

}  // namespace hawser
