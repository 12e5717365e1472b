// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "ike-lite/ike_engine.h"
#include "ike-lite/ike_environment.h"
#include "ike-lite/ike_sa_table.h"
#include "ike-lite/init_gate.h"
#include "ike-lite/peer_record.h"

namespace hawser {

// Wires: messages and deadlines go to the IKE SAs, what they say comes out, and by peer it is known
// which IKE SAs there are. The files ike_engine_*.cc have a duty each.
struct IkeEngine::Impl {
  using Entry = IkeSaTable::Entry;

  explicit Impl(const Options& options);

  // --- ike_engine_messages.cc: what comes, and what goes out ---
  void handle_message(const AddressPair& from, MutableByteSpan message, TimePoint now);
  void handle_init(const AddressPair& from, const IkeHeader& header, ByteSpan octets,
                   TimePoint now);
  // Only what may be the first message of somebody, and seldom.
  struct InitError {
    NotifyType notify;
    std::vector<std::uint8_t> data;
  };
  void refuse(const AddressPair& to, const IkeHeader& header, InitError error, TimePoint now);
  void send(const AddressPair& to, const std::vector<std::uint8_t>& message);
  // Takes out what the IKE SA has to say, and follows its state. It may be erased.
  void settle(Entry& entry, TimePoint now);
  void take_events(Entry& entry, TimePoint now);
  void say_trouble(PeerId peer, std::string what, TimePoint now);

  // --- ike_engine_peers.cc: which IKE SAs a peer has ---
  PeerRecord* record_of(PeerId peer);
  IkeSpi start_attempt(PeerId peer, TimePoint now);
  void schedule_attempt(PeerId peer, TimePoint now);
  void clear_attempt(PeerId peer);
  // Begins anew beside an IKE SA on which nobody answers: a peer that crashed knows nothing of it.
  void doubt(Entry& entry, TimePoint now);
  void run_attempts(TimePoint now);
  void follow_state(Entry& entry, TimePoint now);
  void handle_established(Entry& entry, TimePoint now);
  struct Newcomer {
    Entry& entry;
    bool replaces = false;  // all that was there when it was begun
  };
  void settle_duplicates(Newcomer newcomer, TimePoint now);
  void retire(Entry& entry, TimePoint now);
  void handle_gone(Entry& entry, TimePoint now);
  // Established, and not a duplicate that is to go.
  Entry* live_sa(PeerId peer);
  // What an engine's owner asked of it was noted in the IKE SA: carries it out.
  void proceed(Entry& entry, TimePoint now);
  // Null if no child has this SPI of ours.
  Entry* find_by_child(Spi spi_in);
  bool has_any_sa(const PeerRecord& record);
  void kill(Entry& entry, std::string reason, TimePoint now);
  // Says Delete once and waits for nothing.
  void leave(PeerId peer, std::string reason, TimePoint now);
  // Tells these peers, and keeps nothing of them.
  void forget(const std::set<PeerId>& peers, TimePoint now);

  Options options;
  IkeEnvironment environment;
  InitGate gate;
  IkeSaTable table;
  std::map<PeerId, PeerRecord> records;
  std::set<std::pair<TimePoint, PeerId>> attempts;
  std::deque<IkeTransmit> transmits;
  std::deque<IkeEvent> events;
  IkeCounters counters;
};

}  // namespace hawser
