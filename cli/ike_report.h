// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/control_protocol.h"
#include "ike-lite/ike_engine.h"

namespace hawser {

// What status and sas say of IKE; docs/control.md has the schema.
Json ike_status_json(const IkePeerStatus& status);
Json ike_sa_json(const IkePeerStatus& status, const std::string& peer);
Json ike_counters_json(const IkeCounters& counters);

}  // namespace hawser
