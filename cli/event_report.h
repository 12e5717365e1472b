// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/control_protocol.h"
#include "tunnel/endpoint.h"

namespace hawser {

// An event of the endpoint: as a log line and as the members of a monitor's line.
struct EventReport {
  std::string name;
  std::string text;
  Json members;
  bool is_warning = false;
};

EventReport report_of(const Event& event);

// "2026-01-31T23:59:59.123Z"
std::string utc_time_text();

}  // namespace hawser
