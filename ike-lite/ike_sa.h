// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ike-lite/child_sa.h"
#include "ike-lite/exchange_queue.h"
#include "ike-lite/exchange_windows.h"
#include "ike-lite/ike_environment.h"
#include "ike-lite/ike_handshake.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_sa_facts.h"
#include "ike-lite/ike_timers.h"
#include "ike-lite/message_protection.h"

namespace hawser {

// One IKE SA: identity, keys, windows, the queue of what we want to ask, children and timers. It
// routes; each exchange and each duty is a file of its own that works through the second half of
// this face. Sans-IO. After each call its owner polls, looks at state() and take_successor(), and
// asks next_timeout(). Ends in kDead; what is to be sent is still polled then.
class IkeSa {
 public:
  enum class State : std::uint8_t {
    kInitSent,     // we began; no keys
    kHalfOpen,     // we answered IKE_SA_INIT; keys are made when IKE_AUTH comes
    kAuthSent,     // we began; keys, not authenticated
    kEstablished,  // authenticated
    kReplaced,     // rekeyed: a successor has the children; to be deleted
    kDeleting,     // we said Delete, or are about to
    kClosed,       // gone; answers only what the peer sends again
    kDead,
  };

  struct Options {
    IkeEnvironment* environment = nullptr;
    const IkePeerConfig* peer = nullptr;  // null until IKE_AUTH names it
    bool we_initiated = false;
    IkeSpiPair spis;  // the peer's may be 0 still
    RequestWindow::Options retransmission;
  };
  IkeSa(const Options& options, State state, TimePoint now);
  ~IkeSa();

  // --- for the engine ---
  // `message` is without the marker and is overwritten; the header was parsed and names this SA.
  MessageFate handle_message(const AddressPair& from, const IkeHeader& header,
                             MutableByteSpan message, TimePoint now);
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<IkeTransmit> poll_transmit();
  std::optional<IkeEvent> poll_event();
  // What a rekey of this IKE SA made, or null. One is kEstablished, others are to be deleted.
  std::unique_ptr<IkeSa> take_successor();
  void note_heard(TimePoint when) { last_heard_ = std::max(last_heard_, when); }
  // The outstanding request once more, and what waits.
  void hurry(TimePoint now);

  // --- for exchanges and duties ---
  IkeEnvironment& environment() { return *options_.environment; }
  // Null in kHalfOpen only.
  const IkePeerConfig* peer() const { return options_.peer; }
  void set_peer(const IkePeerConfig& peer) { options_.peer = &peer; }
  PeerId peer_id() const { return options_.peer == nullptr ? PeerId() : options_.peer->id; }
  // The original initiator of this IKE SA, which the I flag and SK_ei belong to.
  bool we_initiated() const { return options_.we_initiated; }
  const Options& options() const { return options_; }
  const IkeSpiPair& spis() const { return options_.spis; }
  IkeSpi local_spi() const;
  void set_peer_spi(IkeSpi spi);
  State state() const { return state_; }
  // `reason` is a sentence for people, kept if not empty.
  void set_state(State state, std::string reason = {});
  const std::string& reason() const { return reason_; }

  IkeSaFacts& facts() { return facts_; }
  const IkeSaFacts& facts() const { return facts_; }
  // Null once authenticated.
  IkeHandshake* handshake() { return handshake_.get(); }
  void drop_handshake() { handshake_.reset(); }
  // Of these, SK_e is not to be changed: that is for set_keys().
  IkeKeys& keys() { return keys_; }
  // False if the keys can't be used; the SA is dead then.
  bool set_keys(IkeKeys keys);
  std::vector<ChildSa>& children() { return children_; }
  const std::vector<ChildSa>& children() const { return children_; }
  TimePoint last_heard() const { return last_heard_; }
  TimePoint created() const { return created_; }
  IkeTimers& timers() { return timers_; }
  const IkeTimers& timers() const { return timers_; }
  RequestWindow& requests() { return requests_; }
  ResponseWindow& responses() { return responses_; }

  // In its turn, and not before `not_before`.
  void enqueue(std::unique_ptr<IkeExchange> exchange, TimePoint not_before = TimePoint());
  // Now, before all that waits; only while no request is outstanding.
  void start_exchange(std::unique_ptr<IkeExchange> exchange, TimePoint now);
  // Null if no request is outstanding.
  IkeExchange* current_exchange() { return current_.get(); }
  // Outstanding, or waiting.
  bool has_exchange(ExchangeKind kind) const;
  ExchangeQueue& waiting() { return queue_; }
  // What is outstanding, too: its answer is not awaited any more.
  void drop_exchanges();
  void emit(IkeEvent event) { events_.push_back(std::move(event)); }
  void say_trouble(std::string what);
  void add_successor(std::unique_ptr<IkeSa> sa) { successors_.push_back(std::move(sa)); }
  void transmit(const AddressPair& to, const std::vector<std::uint8_t>& datagram);

  // Fits every path of IPv6, with UDP and the marker.
  static constexpr std::size_t kMaxDatagram = 1280 - 40 - 8 - 4;

 private:
  bool may_request() const;
  bool is_consistent() const;
  void settle(TimePoint now);
  IkeHeader make_header(ExchangeType type, bool is_response, MessageId id) const;
  MessageFate handle_protected(const AddressPair& from, MutableByteSpan message, TimePoint now);
  void handle_request(const AddressPair& from, const MessageProtection::Opened& opened,
                      TimePoint now);
  void handle_response(const MessageProtection::Opened& opened, TimePoint now);
  void send_answer(const AddressPair& to, const IkeHeader& request, const IkePayloads& answer);
  void follow_peer(const AddressPair& from);
  void run_timer(IkeTimer timer, TimePoint now);

  Options options_;
  State state_;
  std::string reason_;
  IkeSaFacts facts_;
  std::unique_ptr<IkeHandshake> handshake_;
  IkeKeys keys_;
  std::optional<MessageProtection> protection_;
  RequestWindow requests_;
  ResponseWindow responses_;
  std::unique_ptr<IkeExchange> current_;
  ExchangeQueue queue_;
  std::vector<ChildSa> children_;
  IkeTimers timers_;
  TimePoint created_;
  TimePoint last_heard_;
  std::vector<std::unique_ptr<IkeSa>> successors_;
  std::vector<IkeTransmit> transmits_;
  std::vector<IkeEvent> events_;
};

}  // namespace hawser
