// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tunnel/endpoint_config.h"

namespace hawser {

bool same_key(const SaKey& a, const SaKey& b);
bool same_sa(const ManualSa& a, const ManualSa& b);

// What is wrong with one SA by itself or beside the inbound SPIs before it, to which it is added.
std::optional<std::string> find_sa_error(const ManualSa& sa, WorkerIndex owner,
                                         std::vector<Spi>& inbound);
// A manual key that occurs twice, whichever peer and direction it is for.
std::optional<ConfigureError> find_repeated_key(const EndpointConfig& config);

}  // namespace hawser
