// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/create_child_sa.h"

#include "ike-lite/ike_sa.h"

namespace hawser {

IkePayloads answer_create_child_sa(IkeSa& /*sa*/, const IkeRequest& /*request*/,
                                   TimePoint /*now*/) {
  // RFC 7296 section 4: who has no more than the first child may say so.
  IkePayloads answer;
  answer.add_notify(NotifyType::kNoAdditionalSas);
  return answer;
}

}  // namespace hawser
