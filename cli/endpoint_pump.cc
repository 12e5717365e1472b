// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_pump.h"

#include <spdlog/spdlog.h>

#include "cli/event_report.h"
#include "tunnel/io/io_clock.h"

namespace hawser {

EndpointPump::EndpointPump(Endpoint& endpoint, Worker& worker, SequenceStore& store,
                           SequenceSaver& saver, Publish publish)
    : endpoint_(endpoint),
      worker_(worker),
      reserver_(store, saver,
                [this](const std::vector<ReserveRequested>& requests) {
                  for (const ReserveRequested& request : requests) {
                    endpoint_.handle_reserved(request);
                  }
                  pump_commands();
                }),
      publish_(std::move(publish)) {}

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
  if (!requests.empty()) reserver_.request(requests);
}

void EndpointPump::pump_commands() {
  const TimePoint now = monotonic_now();
  while (auto command = endpoint_.poll_command()) {
    worker_.handle_command(std::move(command->command), now);
  }
}

void EndpointPump::tell(const Event& event) {
  const EventReport report = report_of(event);
  spdlog::log(report.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
  publish_(report.name, report.members);
}

}  // namespace hawser
