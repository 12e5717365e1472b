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
class EndpointPump final : public TimedHandler {
 public:
  // Called with what peers say: where they are, and which addresses they give us.
  using Listener = std::function<void(const Event& event)>;

  EndpointPump(EventLoop& loop, Endpoint& endpoint, Worker& worker, SequenceStore& store,
               SequenceSaver& saver, Publish publish, Listener listener);
  EndpointPump(const EndpointPump&) = delete;
  EndpointPump& operator=(const EndpointPump&) = delete;
  ~EndpointPump() override;

  // To be called after each round of the loop, and after the endpoint was told anything.
  void pump();

  std::optional<TimePoint> next_timeout() const override { return endpoint_.next_timeout(); }
  void handle_timeout(TimePoint now) override;

 private:
  // IKE messages in one round: a flood of them must not hold the packets up, a handshake costs as
  // much as a thousand packets.
  static constexpr unsigned kControlPerRound = 8;

  void pump_control(TimePoint now);
  void pump_commands();
  void pump_events();
  void tell(const Event& event);

  EventLoop& loop_;
  Endpoint& endpoint_;
  Worker& worker_;
  SequenceReserver reserver_;
  Publish publish_;
  Listener listener_;
};

}  // namespace hawser
