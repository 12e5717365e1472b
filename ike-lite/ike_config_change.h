// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_config.h"

namespace hawser {

// Whether IKE SAs that were made under the one config may go on under the other. Of certificates,
// new CRLs count from the next authentication on.
bool keeps_ike_sas(const IkeLocalConfig& before, const IkeLocalConfig& after);
bool keeps_ike_sas(const IkePeerConfig& before, const IkePeerConfig& after);

}  // namespace hawser
