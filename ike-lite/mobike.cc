// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/mobike.h"

#include <memory>
#include <utility>
#include <vector>

#include "crypto/secret.h"
#include "ike-lite/address_offer.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/nat_detection.h"

namespace hawser {
namespace {

// RFC 4555 section 3.10.4: 8 to 64 octets.
constexpr std::size_t kCookie2Size = 16;
// After the peer refused our address.
constexpr Duration kRefusedDelay = Seconds(60);

std::vector<std::uint8_t> make_cookie2(IkeSa& sa) {
  std::vector<std::uint8_t> cookie(kCookie2Size);
  sa.environment().random->fill(cookie);
  return cookie;
}

// Also one that is replaced: a peer that has not heard of its successor yet must find us to do so.
bool may_update(const IkeSa& sa) {
  const IkeSaFacts& facts = sa.facts();
  return facts.mobike && facts.may_update_addresses &&
         (sa.state() == IkeSa::State::kEstablished || sa.state() == IkeSa::State::kReplaced);
}

// RFC 4555 section 3.7: who answers did get the request; else the IKE SA must be closed.
bool returns_cookie2(IkeSa& sa, const IkePayloads& response, ByteSpan cookie, TimePoint now) {
  const NotifyPayload* returned = response.find(NotifyType::kCookie2);
  if (returned != nullptr && equal_in_constant_time(returned->data, cookie)) return true;
  sa.say_trouble("the peer does not return the cookie that proves its address (COOKIE2)");
  request_ike_delete(sa, sa.reason(), now);
  return false;
}

void note_nat(IkeSa& sa, const IkePayloads& payloads, const AddressPair& path) {
  if (const auto nat = detect_nat(payloads, sa.spis(), path)) {
    sa.facts().peer_behind_nat = nat->peer_is_behind_nat;
    sa.facts().we_are_behind_nat = nat->we_are_behind_nat;
  }
}

class UpdateAddresses final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kAddressUpdate; }

  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint /*now*/) override {
    if (!may_update(sa)) return std::nullopt;
    sa.facts().address_update_due = false;
    cookie_ = make_cookie2(sa);
    IkePayloads request;
    request.add_notify(NotifyType::kUpdateSaAddresses);
    add_nat_detection(request, sa.spis(), sa.facts().path);
    request.add_notify(NotifyType::kCookie2, cookie_);
    return request;
  }

  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override {
    if (response.find(NotifyType::kUnacceptableAddresses) != nullptr ||
        response.find(NotifyType::kUnexpectedNatDetected) != nullptr) {
      sa.say_trouble("the peer refuses our new address (UNACCEPTABLE_ADDRESSES)");
      sa.facts().address_update_due = true;
      sa.timers().set(IkeTimer::kMobike, now + sa.environment().with_jitter(kRefusedDelay));
      return;
    }
    if (!returns_cookie2(sa, response, cookie_, now)) return;
    // RFC 4555 section 3.5: if the address changed again, this answer says nothing.
    if (sa.facts().address_update_due) {
      request_address_update(sa, now);
      return;
    }
    const AddressPair path{.local = sa.facts().local_seen, .remote = sa.facts().path.remote};
    note_nat(sa, response, path);
    sa.emit(PeerPathChanged{.peer = sa.peer_id(), .path = sa.facts().path});
  }

 private:
  std::vector<std::uint8_t> cookie_;
};

// RFC 4555 section 3.7: the return routability check. Until it is passed no ESP goes there.
class CheckAddress final : public IkeExchange {
 public:
  explicit CheckAddress(const AddressPair& path) : path_(path) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kAddressUpdate; }

  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint /*now*/) override {
    // The peer moved on meanwhile: there is another check for that.
    if (sa.facts().path != path_ || !sa.facts().address_check_due) return std::nullopt;
    cookie_ = make_cookie2(sa);
    IkePayloads request;
    request.add_notify(NotifyType::kCookie2, cookie_);
    return request;
  }

  void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) override {
    if (!returns_cookie2(sa, response, cookie_, now)) return;
    if (sa.facts().path != path_) return;
    sa.facts().address_check_due = false;
    sa.emit(PeerPathChanged{.peer = sa.peer_id(), .path = path_});
  }

 private:
  AddressPair path_;
  std::vector<std::uint8_t> cookie_;
};

// RFC 4555 section 3.9: the addresses that the sender wrote, against those that arrived.
bool is_forbidden_nat(const IkePayloads& request, const AddressPair& from) {
  const NotifyPayload* notify = request.find(NotifyType::kNoNatsAllowed);
  if (notify == nullptr) return false;
  std::vector<std::uint8_t> seen;
  for (const TransportAddress* end : {&from.remote, &from.local}) {
    const ByteSpan octets = end->address.octets();
    seen.insert(seen.end(), octets.begin(), octets.end());
  }
  for (const TransportAddress* end : {&from.remote, &from.local}) {
    std::uint8_t port[2];
    store_be16(port, end->port);
    seen.insert(seen.end(), port, port + 2);
  }
  return notify->data != seen;
}

void follow_update(IkeSa& sa, const IkeRequest& request, IkePayloads& answer, TimePoint now) {
  if (is_forbidden_nat(*request.payloads, request.from)) {
    answer.add_notify(NotifyType::kUnexpectedNatDetected);
    return;
  }
  note_nat(sa, *request.payloads, request.from);
  if (sa.facts().path == request.from) return;
  // RFC 4555 section 3.5: the IKE SA moves at once, its children after the check.
  sa.facts().path = request.from;
  sa.facts().address_check_due = true;
  // What is outstanding went to where the peer is no longer.
  sa.requests().hurry(now);
  resume_address_exchange(sa, now);
}

}  // namespace

void answer_mobike(IkeSa& sa, const IkeRequest& request, IkePayloads& answer, TimePoint now) {
  const IkePayloads& payloads = *request.payloads;
  // RFC 4555 section 3.5: only the end that began the first IKE SA moves it.
  if (sa.facts().mobike && !sa.facts().may_update_addresses &&
      payloads.find(NotifyType::kUpdateSaAddresses) != nullptr) {
    follow_update(sa, request, answer, now);
  }
  take_address_offer(sa, payloads);
  // RFC 4555 section 3.8: also in a question whether we live.
  if (sa.facts().mobike && payloads.find(NotifyType::kNatDetectionSourceIp) != nullptr) {
    add_nat_detection(answer, sa.spis(), request.from);
  }
  if (const NotifyPayload* cookie = payloads.find(NotifyType::kCookie2)) {
    answer.add_notify(NotifyType::kCookie2, cookie->data);
  }
}

void request_address_update(IkeSa& sa, TimePoint now) {
  // The peer takes the address that IKE_AUTH came from first; it is told when that is done.
  if (sa.state() == IkeSa::State::kAuthSent) sa.facts().address_update_due = true;
  if (!may_update(sa)) return;
  sa.facts().address_update_due = true;
  sa.timers().clear(IkeTimer::kMobike);
  // One that is outstanding asks again when it is answered; one that waits says what is then.
  if (!sa.has_exchange(ExchangeKind::kAddressUpdate)) {
    sa.enqueue(std::make_unique<UpdateAddresses>(), now);
  }
}

void resume_address_exchange(IkeSa& sa, TimePoint now) {
  if (sa.facts().address_update_due) request_address_update(sa, now);
  if (sa.facts().address_check_due) {
    sa.enqueue(std::make_unique<CheckAddress>(sa.facts().path), now);
  }
  request_address_offer(sa, now);
}

void handle_mobike_timer(IkeSa& sa, TimePoint now) { request_address_update(sa, now); }

}  // namespace hawser
