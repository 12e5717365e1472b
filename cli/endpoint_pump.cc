// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_pump.h"

#include <spdlog/spdlog.h>

#include "cli/event_report.h"
#include "tunnel/io/io_clock.h"

namespace hawser {

void EndpointPump::pump() {
  while (const auto event = worker_.poll_event()) endpoint_.handle_data_plane_event(*event);
  pump_commands();
  std::vector<ReserveRequested> requests;
  while (const auto event = endpoint_.poll_event()) {
    if (const auto* request = std::get_if<ReserveRequested>(&*event)) {
      requests.push_back(*request);
    } else {
      tell(*event);
    }
  }
  if (!requests.empty()) reserve(requests);
}

void EndpointPump::pump_commands() {
  const TimePoint now = monotonic_now();
  while (auto command = endpoint_.poll_command()) {
    worker_.handle_command(std::move(command->command), now);
  }
}

void EndpointPump::reserve(const std::vector<ReserveRequested>& requests) {
  for (const ReserveRequested& request : requests) {
    sequences_.raise(request.direction, request.key, request.mark);
  }
  if (auto saved = sequences_.save(); !saved) {
    // Packets wait, and the SAs ask again.
    return spdlog::error("{}", saved.error());
  }
  for (const ReserveRequested& request : requests) endpoint_.handle_reserved(request);
  pump_commands();
}

void EndpointPump::tell(const Event& event) {
  const EventReport report = report_of(event);
  spdlog::log(report.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
  publish_(report.name, report.members);
}

}  // namespace hawser
