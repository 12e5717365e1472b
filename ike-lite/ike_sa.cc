// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_sa.h"

#include <algorithm>
#include <cassert>

#include "ike-lite/child_sa_list.h"
#include "ike-lite/create_child_sa.h"
#include "ike-lite/ike_auth.h"
#include "ike-lite/ike_duties.h"
#include "ike-lite/ike_intermediate.h"
#include "ike-lite/ike_sa_init.h"
#include "ike-lite/informational.h"

namespace hawser {
namespace {

// RFC 7296 section 2.1 leaves the time to us; then an initiator begins anew, with other SPIs.
constexpr Duration kHandshakeTime = Seconds(30);
// A peer that does not even answer a Delete has none of it any more.
constexpr Duration kDeleteTime = Seconds(30);
// So long the last answer is kept for a peer that did not get it.
constexpr Duration kLingerTime = Seconds(10);

IkePayloads error_payloads(WireFailure failure) {
  IkePayloads payloads;
  if (failure.error == WireError::kCriticalPayload) {
    payloads.add_notify(NotifyType::kUnsupportedCriticalPayload, {failure.payload_type});
  } else {
    payloads.add_notify(NotifyType::kInvalidSyntax);
  }
  return payloads;
}

// Whether a request of this kind is listened to now.
bool may_ask(IkeSa& sa, ExchangeType exchange) {
  using State = IkeSa::State;
  const bool is_half_open = sa.state() == State::kHalfOpen;
  if (exchange == ExchangeType::kIkeAuth) {
    return is_half_open && !sa.handshake()->awaits_intermediate;
  }
  if (exchange == ExchangeType::kIkeIntermediate) {
    return is_half_open && sa.handshake()->awaits_intermediate;
  }
  // Who could not prove who it is gets our Delete (kDeleting) and is not listened to.
  return sa.facts().is_authenticated &&
         (sa.state() == State::kEstablished || sa.state() == State::kReplaced ||
          sa.state() == State::kDeleting);
}

// Why nothing came, as far as we know.
std::string no_answer(const IkeHandshake* handshake, const AddressPair& path) {
  if (handshake != nullptr && !handshake->last_hint.empty()) return handshake->last_hint;
  return "the peer at " + path.remote.to_string() + " does not answer";
}

}  // namespace

IkeSa::IkeSa(const Options& options, State state, TimePoint now)
    : options_(options),
      state_(state),
      requests_(options.retransmission, *options.environment->random),
      created_(now),
      last_heard_(now) {
  if (state != State::kEstablished) handshake_ = std::make_unique<IkeHandshake>();
  if (handshake_ != nullptr) timers_.set(IkeTimer::kEnd, now + kHandshakeTime);
}

IkeSa::~IkeSa() = default;

IkeSpi IkeSa::local_spi() const {
  return we_initiated() ? options_.spis.initiator : options_.spis.responder;
}

void IkeSa::set_peer_spi(IkeSpi spi) {
  (we_initiated() ? options_.spis.responder : options_.spis.initiator) = spi;
}

void IkeSa::set_state(State state, std::string reason) {
  if (!reason.empty()) reason_ = std::move(reason);
  if (state_ == State::kDead || state == state_) return;
  state_ = state;
  // The time for a handshake is one for all of it.
  if (state != State::kAuthSent) timers_.clear(IkeTimer::kEnd);
  if (state != State::kClosed && state != State::kDead) return;
  drop_exchanges();
  remove_all_children(*this);
  handshake_.reset();
  timers_ = IkeTimers();
}

bool IkeSa::set_keys(IkeKeys keys) {
  keys_ = std::move(keys);
  Result<MessageProtection, AeadError> protection = MessageProtection::make(keys_, we_initiated());
  if (!protection) {
    set_state(State::kDead, "the cipher of the IKE SA is not available");
    return false;
  }
  if (handshake_ != nullptr && protection_) {
    handshake_->earlier_protection.emplace(std::move(*protection_));
  }
  protection_ = std::move(*protection);
  return true;
}

void IkeSa::say_trouble(std::string what) {
  reason_ = what;
  if (peer() != nullptr) emit(PeerTrouble{.peer = peer_id(), .what = std::move(what)});
}

void IkeSa::enqueue(std::unique_ptr<IkeExchange> exchange, TimePoint not_before) {
  queue_.push(std::move(exchange), not_before);
}

bool IkeSa::has_exchange(ExchangeKind kind) const {
  return (current_ != nullptr && current_->kind() == kind) || queue_.contains(kind);
}

std::unique_ptr<IkeSa> IkeSa::take_successor() {
  if (successors_.empty()) return nullptr;
  std::unique_ptr<IkeSa> sa = std::move(successors_.front());
  successors_.erase(successors_.begin());
  return sa;
}

void IkeSa::drop_exchanges() {
  requests_.complete();
  current_.reset();
  queue_.clear();
}

void IkeSa::start_exchange(std::unique_ptr<IkeExchange> exchange, TimePoint now) {
  assert(requests_.is_idle() && protection_);
  std::optional<IkePayloads> payloads = exchange->begin(*this, now);
  if (!payloads) return;
  const IkeHeader header = make_header(exchange->type(), false, requests_.next_id());
  const SerializedPayloads inside = serialize_payloads(*payloads);
  note_intermediate(*this, header, inside.first, inside.bytes);
  current_ = std::move(exchange);
  requests_.start(protection_->seal(header, inside, facts_.fragmentation ? kMaxDatagram : 0), now);
  for (const auto& datagram : requests_.outstanding()) transmit(facts_.path, datagram);
}

bool IkeSa::may_request() const {
  return requests_.is_idle() && (state_ == State::kEstablished || state_ == State::kReplaced ||
                                 state_ == State::kDeleting);
}

void IkeSa::settle(TimePoint now) {
  while (may_request()) {
    std::unique_ptr<IkeExchange> exchange = queue_.take_due(now);
    if (exchange == nullptr) break;
    start_exchange(std::move(exchange), now);
  }
  if (!timers_.is_set(IkeTimer::kEnd)) {
    if (state_ == State::kClosed) timers_.set(IkeTimer::kEnd, now + kLingerTime);
    if (state_ == State::kDeleting) timers_.set(IkeTimer::kEnd, now + kDeleteTime);
  }
  assert(is_consistent());
}

bool IkeSa::is_consistent() const {
  const bool is_early =
      state_ == State::kInitSent || state_ == State::kHalfOpen || state_ == State::kAuthSent;
  if (is_early != (handshake_ != nullptr)) return false;
  if (is_early && !children_.empty()) return false;
  return current_ == nullptr || !requests_.is_idle();
}

IkeHeader IkeSa::make_header(ExchangeType type, bool is_response, MessageId id) const {
  return {.spi_initiator = options_.spis.initiator,
          .spi_responder = options_.spis.responder,
          .exchange = static_cast<std::uint8_t>(type),
          .from_initiator = we_initiated(),
          .is_response = is_response,
          .message_id = id};
}

void IkeSa::transmit(const AddressPair& to, const std::vector<std::uint8_t>& datagram) {
  IkeTransmit transmit{.addresses = to};
  // RFC 3948 section 2.2: the marker everywhere but on port 500.
  if (to.local.port != kIkePort) transmit.bytes.resize(4);
  transmit.bytes.insert(transmit.bytes.end(), datagram.begin(), datagram.end());
  transmits_.push_back(std::move(transmit));
}

MessageFate IkeSa::handle_message(const AddressPair& from, const IkeHeader& header,
                                  MutableByteSpan message, TimePoint now) {
  MessageFate fate = MessageFate::kUnexpected;
  if (header.exchange == static_cast<std::uint8_t>(ExchangeType::kIkeSaInit)) {
    if (state_ == State::kInitSent && header.is_response) {
      fate = handle_init_response(*this, from, message, now);
    }
  } else if (state_ != State::kInitSent && state_ != State::kDead) {
    // RFC 7296 section 3.1: the flag says who began the IKE SA, not who asks.
    if (header.from_initiator != we_initiated() &&
        header.spi_initiator == options_.spis.initiator &&
        header.spi_responder == options_.spis.responder) {
      fate = handle_protected(from, message, now);
    }
  }
  settle(now);
  return fate;
}

MessageFate IkeSa::handle_protected(const AddressPair& from, MutableByteSpan message,
                                    TimePoint now) {
  const Result<EncryptedPart, WireFailure> part = EncryptedPart::parse(message);
  if (!part) return MessageFate::kMalformed;
  const IkeHeader& header = part->header;
  const ResponseWindow::Verdict verdict = responses_.classify(header.message_id);
  if (header.is_response ? !requests_.is_awaited(header.message_id)
                         : verdict == ResponseWindow::Verdict::kUnexpected) {
    return MessageFate::kUnexpected;
  }
  if (!protection_ && !make_half_open_keys(*this)) return MessageFate::kNotAuthentic;
  const bool is_repeated = !header.is_response && verdict == ResponseWindow::Verdict::kRepeated;
  // IKE_INTERMEDIATE changes the keys, and its request may come once more.
  const bool is_earlier = is_repeated && handshake_ != nullptr && handshake_->earlier_protection;
  MessageProtection& protection = is_earlier ? *handshake_->earlier_protection : *protection_;
  const Result<MessageProtection::Opened, MessageProtection::OpenError> opened =
      protection.open(message);
  const bool is_incomplete = !opened && opened.error() == MessageProtection::OpenError::kIncomplete;
  if (!opened && !is_incomplete) {
    return opened.error() == MessageProtection::OpenError::kMalformed ? MessageFate::kMalformed
                                                                      : MessageFate::kNotAuthentic;
  }
  if (is_repeated) {
    // RFC 7383 section 2.6.1: of fragments only the first one is answered.
    if (part->fragment == 1) {
      for (const auto& datagram : responses_.last_response()) transmit(from, datagram);
    }
    return MessageFate::kTaken;
  }
  note_heard(now);
  if (is_incomplete) return MessageFate::kTaken;
  if (header.is_response) {
    facts_.local_seen = from.local;
    handle_response(*opened, now);
  } else {
    handle_request(from, *opened, now);
  }
  return MessageFate::kTaken;
}

void IkeSa::handle_request(const AddressPair& from, const MessageProtection::Opened& opened,
                           TimePoint now) {
  const auto exchange = static_cast<ExchangeType>(opened.header.exchange);
  if (!may_ask(*this, exchange)) return;
  Result<IkePayloads, WireFailure> payloads = parse_payloads(opened.first_payload, opened.inside);
  if (!payloads) {
    send_answer(from, opened.header, error_payloads(payloads.error()));
    // RFC 7296 section 2.21.2 and 2.21.3: in IKE_AUTH both are fatal, later only this one.
    if (state_ == State::kHalfOpen || payloads.error().error == WireError::kMalformed) {
      set_state(State::kClosed, "the peer sent a request that cannot be understood");
    }
    return;
  }
  const IkeRequest request{.payloads = &*payloads, .from = from};
  if (exchange == ExchangeType::kIkeAuth) {
    send_answer(from, opened.header, answer_ike_auth(*this, request, now));
    return;
  }
  if (exchange == ExchangeType::kIkeIntermediate) {
    note_intermediate(*this, opened.header, opened.first_payload, opened.inside);
    send_answer(from, opened.header, answer_ike_intermediate(*this, *payloads));
    conclude_ike_intermediate(*this);
    return;
  }
  follow_peer(from);
  switch (exchange) {
    case ExchangeType::kCreateChildSa:
      send_answer(from, opened.header, answer_create_child_sa(*this, request, now));
      return;
    case ExchangeType::kInformational:
      send_answer(from, opened.header, answer_informational(*this, request, now));
      return;
    case ExchangeType::kIkeSaInit:
    case ExchangeType::kIkeAuth:
    case ExchangeType::kIkeIntermediate:
      return;
  }
}

void IkeSa::send_answer(const AddressPair& to, const IkeHeader& request,
                        const IkePayloads& answer) {
  const IkeHeader header =
      make_header(static_cast<ExchangeType>(request.exchange), true, request.message_id);
  const SerializedPayloads inside = serialize_payloads(answer);
  note_intermediate(*this, header, inside.first, inside.bytes);
  responses_.answered(request.message_id,
                      protection_->seal(header, inside, facts_.fragmentation ? kMaxDatagram : 0));
  // RFC 7296 section 2.11: to where the request came from.
  for (const auto& datagram : responses_.last_response()) transmit(to, datagram);
}

void IkeSa::handle_response(const MessageProtection::Opened& opened, TimePoint now) {
  if (current_ == nullptr ||
      opened.header.exchange != static_cast<std::uint8_t>(current_->type())) {
    return;
  }
  requests_.complete();
  const std::unique_ptr<IkeExchange> exchange = std::move(current_);
  const Result<IkePayloads, WireFailure> payloads =
      parse_payloads(opened.first_payload, opened.inside);
  if (!payloads) {
    set_state(State::kClosed, "the peer's answer cannot be understood");
    return;
  }
  note_intermediate(*this, opened.header, opened.first_payload, opened.inside);
  exchange->handle_response(*this, *payloads, now);
}

// RFC 7296 section 2.23: who is not behind a NAT follows one that is. With MOBIKE only an
// UPDATE_SA_ADDRESSES moves an IKE SA (RFC 4555 section 3.8).
void IkeSa::follow_peer(const AddressPair& from) {
  if (facts_.mobike || !facts_.peer_behind_nat || facts_.we_are_behind_nat) return;
  if (from == facts_.path) return;
  facts_.path = from;
  emit(PeerPathChanged{.peer = peer_id(), .path = from});
}

void IkeSa::hurry(TimePoint now) {
  requests_.hurry(now);
  handle_timeout(now);
}

void IkeSa::handle_timeout(TimePoint now) {
  if (requests_.is_given_up(now)) {
    set_state(State::kDead, no_answer(handshake_.get(), facts_.path));
  } else if (const Datagrams* again = requests_.poll_retransmit(now)) {
    ++environment().retransmitted;
    for (const auto& datagram : *again) transmit(facts_.path, datagram);
  }
  while (const std::optional<IkeTimer> timer = timers_.take_due(now)) run_timer(*timer, now);
  settle(now);
}

void IkeSa::run_timer(IkeTimer timer, TimePoint now) {
  switch (timer) {
    case IkeTimer::kEnd:
      set_state(State::kDead,
                handshake_ == nullptr ? std::string() : no_answer(handshake_.get(), facts_.path));
      return;
    case IkeTimer::kIkeRekey:
      handle_ike_rekey_timer(*this, now);
      return;
    case IkeTimer::kDeadPeer:
      handle_dead_peer_timer(*this, now);
      return;
    case IkeTimer::kChildren:
      handle_children_timer(*this, now);
      return;
    case IkeTimer::kMobike:
      handle_mobike_timer(*this, now);
      return;
    case IkeTimer::kCount:
      return;
  }
}

std::optional<TimePoint> IkeSa::next_timeout() const {
  if (state_ == State::kDead) return std::nullopt;
  TimePoint next = timers_.next();
  if (const std::optional<TimePoint> window = requests_.next_timeout()) {
    next = std::min(next, *window);
  }
  if (may_request()) {
    next = std::min(next, queue_.next());
  }
  if (next == TimePoint::max()) return std::nullopt;
  return next;
}

std::optional<IkeTransmit> IkeSa::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  IkeTransmit transmit = std::move(transmits_.front());
  transmits_.erase(transmits_.begin());
  return transmit;
}

std::optional<IkeEvent> IkeSa::poll_event() {
  if (events_.empty()) return std::nullopt;
  IkeEvent event = std::move(events_.front());
  events_.erase(events_.begin());
  return event;
}

}  // namespace hawser
