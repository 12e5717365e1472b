// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/delete_exchanges.h"

#include <memory>
#include <utility>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_sa.h"

namespace hawser {
namespace {

// So long the peer's agreement to the end of an IKE SA is awaited; it finds out by itself, too.
constexpr Duration kIkeDeletePatience = Seconds(30);

IkePayloads make_delete(SecurityProtocol protocol, std::vector<Spi> spis) {
  IkePayloads request;
  request.deletes.push_back({.protocol = protocol, .spis = std::move(spis)});
  return request;
}

class DeleteChild final : public IkeExchange {
 public:
  explicit DeleteChild(ChildId child) : child_(child) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kChildDelete; }
  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint /*now*/) override {
    const ChildSa* child = find_child(sa, child_);
    // The peer may have been faster.
    if (child == nullptr || child->remove_at != TimePoint::max()) return std::nullopt;
    // RFC 7296 section 1.4.1: the sender's inbound SPIs.
    return make_delete(SecurityProtocol::kEsp, child->spis_in);
  }
  void handle_response(IkeSa& sa, const IkePayloads& /*response*/, TimePoint now) override {
    begin_draining(sa, child_, now);
    ensure_child(sa, now);
  }

 private:
  ChildId child_;
};

class AnnounceRemovedChild final : public IkeExchange {
 public:
  explicit AnnounceRemovedChild(std::vector<Spi> spis) : spis_(std::move(spis)) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kChildDelete; }
  std::optional<IkePayloads> begin(IkeSa& /*sa*/, TimePoint /*now*/) override {
    return make_delete(SecurityProtocol::kEsp, spis_);
  }
  void handle_response(IkeSa& /*sa*/, const IkePayloads& /*response*/, TimePoint /*now*/) override {
  }

 private:
  std::vector<Spi> spis_;
};

class DeleteIkeSa final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kIkeDelete; }
  std::optional<IkePayloads> begin(IkeSa& /*sa*/, TimePoint /*now*/) override {
    return make_delete(SecurityProtocol::kIke, {});
  }
  void handle_response(IkeSa& sa, const IkePayloads& /*response*/, TimePoint /*now*/) override {
    sa.set_state(IkeSa::State::kClosed);
  }
};

}  // namespace

void request_child_delete(IkeSa& sa, ChildSa& child) {
  if (child.is_being_deleted || child.remove_at != TimePoint::max()) return;
  child.is_being_deleted = true;
  sa.enqueue(std::make_unique<DeleteChild>(child.id));
}

void announce_removed_child(IkeSa& sa, std::vector<Spi> spis_in) {
  sa.enqueue(std::make_unique<AnnounceRemovedChild>(std::move(spis_in)));
}

void request_ike_delete(IkeSa& sa, std::string reason, TimePoint now) {
  if (sa.handshake() != nullptr) {
    sa.set_state(IkeSa::State::kDead, std::move(reason));
    return;
  }
  // kAuthSent: the peer proved the wrong thing, but takes the IKE SA for established.
  if (sa.state() != IkeSa::State::kEstablished && sa.state() != IkeSa::State::kReplaced &&
      sa.state() != IkeSa::State::kAuthSent) {
    return;
  }
  sa.waiting().clear();
  sa.set_state(IkeSa::State::kDeleting, std::move(reason));
  sa.timers() = IkeTimers();
  sa.timers().set(IkeTimer::kEnd, now + kIkeDeletePatience);
  sa.enqueue(std::make_unique<DeleteIkeSa>());
}

}  // namespace hawser
