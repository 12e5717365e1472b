// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/informational.h"

#include <algorithm>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/mobike.h"
#include "ike-lite/rekey_ike_sa.h"

namespace hawser {
namespace {

// Before we ask for a child in place of one that the peer deleted: it may bring one itself.
constexpr Duration kReplaceDelay = Seconds(2);

// `spi` is the peer's inbound one (RFC 7296 section 1.4.1).
void delete_child(IkeSa& sa, Spi spi, std::vector<Spi>& answer, TimePoint now) {
  ChildSa* child = find_child_by_spi_out(sa, spi);
  if (child == nullptr && sa.current_exchange() != nullptr) {
    sa.current_exchange()->note_unknown_delete(spi);
  }
  if (child == nullptr || child->remove_at != TimePoint::max()) return;
  // RFC 7296 section 1.4.1: if both ends delete at the same time, the answer does not name it.
  // One that only waits for its turn is not sent any more.
  const bool is_crossing = child->is_being_deleted && sa.current_exchange() != nullptr &&
                           sa.current_exchange()->kind() == ExchangeKind::kChildDelete;
  if (!is_crossing) answer.insert(answer.end(), child->spis_in.begin(), child->spis_in.end());
  begin_draining(sa, child->id, now);
}

void delete_children(IkeSa& sa, const DeletePayload& payload, IkePayloads& answer, TimePoint now) {
  std::vector<Spi> ours;
  for (const Spi spi : payload.spis) delete_child(sa, spi, ours, now);
  ensure_child(sa, now + sa.environment().with_jitter(kReplaceDelay));
  if (ours.empty()) return;
  answer.deletes.push_back({.protocol = SecurityProtocol::kEsp, .spis = std::move(ours)});
}

void close(IkeSa& sa, std::string reason, TimePoint now) {
  forget_ike_rekey(sa, now);
  sa.set_state(IkeSa::State::kClosed, std::move(reason));
}

}  // namespace

IkePayloads answer_informational(IkeSa& sa, const IkeRequest& request, TimePoint now) {
  IkePayloads answer;
  confirm_children(sa, now);
  // RFC 7296 section 2.21.2: an initiator that could not authenticate us says so afterwards.
  if (request.payloads->find(NotifyType::kAuthenticationFailed) != nullptr) {
    close(sa, "the peer says that it cannot authenticate us (AUTHENTICATION_FAILED)", now);
    return answer;
  }
  for (const DeletePayload& payload : request.payloads->deletes) {
    if (payload.protocol == SecurityProtocol::kIke) {
      // RFC 7296 section 1.4.1: all that belongs to it goes, too; the answer is empty.
      close(sa, "the peer ended the IKE SA", now);
      return {};
    }
    if (payload.protocol == SecurityProtocol::kEsp) delete_children(sa, payload, answer, now);
  }
  answer_mobike(sa, request, answer, now);
  return answer;
}

}  // namespace hawser
