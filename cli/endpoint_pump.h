// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "cli/control_protocol.h"
#include "cli/sequence_reserver.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/worker.h"

namespace hawser {

// Tells the monitors of an event.
using Publish = std::function<void(std::string_view event, Json members)>;

// Carries between the endpoint, its worker and the disk what they have for each other, and tells
// of what happened. Decides nothing. One thread; all that it is given must outlive it.
class EndpointPump {
 public:
  EndpointPump(Endpoint& endpoint, Worker& worker, SequenceStore& store, SequenceSaver& saver,
               Publish publish);
  EndpointPump(const EndpointPump&) = delete;
  EndpointPump& operator=(const EndpointPump&) = delete;

  // To be called after each round of the loop, and after the endpoint was told anything.
  void pump();

 private:
  void pump_commands();
  void tell(const Event& event);

  Endpoint& endpoint_;
  Worker& worker_;
  SequenceReserver reserver_;
  Publish publish_;
};

}  // namespace hawser
