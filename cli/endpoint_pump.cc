// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_pump.h"

#include <spdlog/spdlog.h>

#include "cli/event_report.h"
#include "tunnel/io/io_clock.h"

namespace hawser {

EndpointPump::EndpointPump(EventLoop& loop, Endpoint& endpoint, Worker& worker,
                           SequenceStore& store, SequenceSaver& saver, Publish publish,
                           Listener listener)
    : loop_(loop),
      endpoint_(endpoint),
      worker_(worker),
      reserver_(store, saver,
                [this](const std::vector<ReserveRequested>& requests) {
                  for (const ReserveRequested& request : requests) {
                    endpoint_.handle_reserved(request);
                  }
                  pump_commands();
                }),
      publish_(std::move(publish)),
      listener_(std::move(listener)) {
  loop_.add_timed(*this);
}

EndpointPump::~EndpointPump() { loop_.remove_timed(*this); }

void EndpointPump::handle_timeout(TimePoint now) { endpoint_.handle_timeout(now); }

void EndpointPump::pump() {
  const TimePoint now = monotonic_now();
  while (const auto event = worker_.poll_event()) endpoint_.handle_data_plane_event(*event, now);
  pump_control(now);
  pump_commands();
  pump_events();
}

void EndpointPump::pump_control(TimePoint now) {
  for (unsigned i = 0; i < kControlPerRound; ++i) {
    auto packet = worker_.poll_control();
    if (!packet) return;
    endpoint_.handle_control(*packet, now);
  }
  if (worker_.has_control()) loop_.wake_up();
}

void EndpointPump::pump_events() {
  std::vector<ReserveRequested> requests;
  while (const auto event = endpoint_.poll_event()) {
    if (const auto* request = std::get_if<ReserveRequested>(&*event)) {
      requests.push_back(*request);
      continue;
    }
    tell(*event);
    listener_(*event);
  }
  if (!requests.empty()) reserver_.request(requests);
}

void EndpointPump::pump_commands() {
  const TimePoint now = monotonic_now();
  while (auto command = endpoint_.poll_command()) {
    worker_.handle_command(std::move(command->command), now);
  }
  while (const auto message = endpoint_.poll_transmit()) {
    worker_.send_control(message->addresses, message->bytes,
                         endpoint_.link_of(message->addresses.local.address));
  }
}

void EndpointPump::tell(const Event& event) {
  const EventReport report = report_of(event);
  spdlog::log(report.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
  publish_(report.name, report.members);
}

}  // namespace hawser
