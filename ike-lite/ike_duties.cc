// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_duties.h"

#include "ike-lite/ike_sa.h"

namespace hawser {
namespace {

class DeleteIkeSa final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  std::optional<IkePayloads> begin(IkeSa& /*sa*/, TimePoint /*now*/) override {
    IkePayloads request;
    request.deletes.push_back({.protocol = SecurityProtocol::kIke});
    return request;
  }
  void handle_response(IkeSa& sa, const IkePayloads& /*response*/, TimePoint /*now*/) override {
    sa.set_state(IkeSa::State::kClosed);
  }
};

}  // namespace

void start_duties(IkeSa& /*sa*/, TimePoint /*now*/) {}
void handle_ike_rekey_timer(IkeSa& /*sa*/, TimePoint /*now*/) {}
void handle_dead_peer_timer(IkeSa& /*sa*/, TimePoint /*now*/) {}
void handle_children_timer(IkeSa& /*sa*/, TimePoint /*now*/) {}
void handle_mobike_timer(IkeSa& /*sa*/, TimePoint /*now*/) {}
void request_child(IkeSa& /*sa*/, TimePoint /*not_before*/) {}
void request_child_rekey(IkeSa& /*sa*/, ChildId /*child*/, TimePoint /*now*/) {}
void drop_child(IkeSa& /*sa*/, ChildId /*child*/, TimePoint /*now*/) {}
void request_ike_rekey(IkeSa& /*sa*/, TimePoint /*now*/) {}

void request_ike_delete(IkeSa& sa, std::string reason, TimePoint /*now*/) {
  sa.set_state(IkeSa::State::kDeleting, std::move(reason));
  sa.enqueue(std::make_unique<DeleteIkeSa>());
}

void request_address_update(IkeSa& /*sa*/, TimePoint /*now*/) {}

}  // namespace hawser
