// SPDX-License-Identifier: Apache-2.0
// A day of two sites with lifetimes, restarts of both ends, and an attacker who repeats what was
// sent: no number is ever sent twice under a key, nothing is ever delivered twice.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "tests/sim/simulation.h"

namespace hawser {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kLeftWorkers = 2;
constexpr unsigned kRightWorkers = 3;
constexpr std::uint16_t kSaCount = 3;
constexpr std::size_t kRecordedMax = 3000;
constexpr std::size_t kIvOffset = 8;
constexpr std::size_t kUdpPayload = 28;

class LongLife : public testing::Test {
 protected:
  LongLife()
      : left_(sim_.add_node(
            {.name = "left", .address = transport("192.0.2.1:4500"), .workers = kLeftWorkers})),
        right_(sim_.add_node(
            {.name = "right", .address = transport("192.0.2.2:4500"), .workers = kRightWorkers})) {
    sim_.set_links(
        left_, right_,
        {.delay = 20ms, .jitter = 5ms, .loss = 0.01, .reorder = 0.05, .duplicate = 0.01});
    sim_.on_send = [this](const TransportAddress& from, const Bytes& datagram) {
      note_sent(from, datagram);
    };
    configure_both();
  }

  // As the daemon does at its start.
  static void go_on_from_disk(ManualSa& sa, SimNode::Disk& disk) {
    SequenceNumber& in = disk[{SaDirection::kInbound, key_fingerprint(sa.key_in)}];
    sa.floor_in = in;
    sa.reserved_in = in = SequenceNumber(in.value() + SequenceReserve::kMinInboundBlock);
    SequenceNumber& out = disk[{SaDirection::kOutbound, key_fingerprint(sa.key_out)}];
    sa.first_out = SequenceNumber(out.value() + 1);
    sa.reserved_out = out = SequenceNumber(out.value() + SequenceReserve::kMinOutboundBlock);
  }
  void configure(SimNode& node) {
    const bool is_left = &node == &left_;
    PeerConfig peer{.name = is_left ? "right" : "left",
                    .allowed_ips = prefixes({is_left ? "10.2.0.0/16" : "10.1.0.0/16"})};
    if (is_left) peer.endpoint = right_.address();  // right learns where left is
    for (std::uint16_t k = 0; k < kSaCount; ++k) {
      SaPair pair = test_sa_pair(k, kLeftWorkers, kRightWorkers, AeadAlgorithm::kAes128Gcm, true,
                                 generation_);
      ManualSa& sa = is_left ? pair.left : pair.right;
      sa.lifetime = {.packets = 700, .time = 80min};
      go_on_from_disk(sa, node.disk);
      peer.sas.push_back(std::move(sa));
    }
    EndpointConfig config;
    config.peers.push_back(std::move(peer));
    node.configure(std::move(config));
  }
  void configure_both() {
    ++generation_;
    sent_.clear();
    configure(left_);
    configure(right_);
  }
  void restart(SimNode& node) {
    node.restart();
    configure(node);
    ++restarts_;
  }

  void note_sent(const TransportAddress& from, const Bytes& datagram) {
    if (datagram.size() < kIvOffset + sizeof(std::uint64_t)) return;
    const std::uint64_t number = load_be64(datagram.data() + kIvOffset);
    std::uint64_t& last = sent_[{from, load_be32(datagram.data())}];
    ASSERT_GT(number, last) << "generation " << generation_;
    last = number;
    ++numbers_;
    recorded_.push_back({from, datagram});
    if (recorded_.size() > kRecordedMax) recorded_.pop_front();
  }

  void send(SimNode& from, unsigned flow) {
    const bool is_left = &from == &left_;
    Bytes payload = pattern(64, flow);
    store_be32(payload.data(), ++packets_);
    from.send_inner(make_udp({.source = is_left ? "10.1.0.1" : "10.2.0.1",
                              .destination = is_left ? "10.2.0.1" : "10.1.0.1",
                              .source_port = static_cast<std::uint16_t>(1000 + flow)},
                             payload),
                    flow % (is_left ? kLeftWorkers : kRightWorkers));
  }

  // What the attacker has seen, from addresses of its own and of the peer.
  void replay_some() {
    for (int i = 0; i < 50 && !recorded_.empty(); ++i) {
      const auto& [from, datagram] = recorded_[sim_.random().below(recorded_.size())];
      (from == left_.address() ? right_ : left_).receive(from, datagram);
      ++replays_;
    }
  }

  // New keys when somebody asks for them, as an operator would.
  bool somebody_asks_for_keys() {
    bool asked = false;
    for (SimNode* node : {&left_, &right_}) {
      for (const Event& event : node->events) {
        asked = asked || std::get_if<SaLifetimeReached>(&event) != nullptr;
      }
      node->events.clear();
    }
    return asked;
  }

  void minute(unsigned index) {
    const unsigned burst = index % 60 == 30 ? 200 : 1;  // a file once an hour
    for (unsigned i = 0; i < burst; ++i) {
      send(left_, i % 8);
      send(right_, i % 8);
    }
    if (index % 97 == 50) restart(left_);
    if (index % 113 == 51) restart(right_);
    if (index % 97 <= 52) replay_some();
    if (somebody_asks_for_keys()) configure_both();
    sim_.run_for(5s);
    for (SimNode* node : {&left_, &right_}) check_delivered(*node);
    // The answer to one ping after each restart is enough for the peer to catch up.
    for (unsigned flow = 0; flow < 24; ++flow) {
      send(left_, flow);
      send(right_, flow);
    }
    sim_.run_for(55s);
  }

  void check_delivered(SimNode& node) {
    for (const SimNode::Delivered& one : node.delivered) {
      const std::uint32_t id = load_be32(one.packet.data() + kUdpPayload);
      ASSERT_TRUE(delivered_.insert(id).second) << "packet " << id << " was delivered twice";
    }
    node.delivered.clear();
  }

  Simulation sim_{2026};
  SimNode& left_;
  SimNode& right_;
  std::uint32_t generation_ = 0;
  std::map<std::pair<TransportAddress, std::uint32_t>, std::uint64_t> sent_;
  std::deque<std::pair<TransportAddress, Bytes>> recorded_;
  std::set<std::uint32_t> delivered_;
  std::uint32_t packets_ = 0;
  std::uint64_t numbers_ = 0;
  std::uint64_t replays_ = 0;
  unsigned restarts_ = 0;
};

TEST_F(LongLife, ADayWithRestartsAndNewKeys) {
  for (unsigned index = 0; index < 24 * 60 && !HasFatalFailure(); ++index) minute(index);
  for (SimNode* node : {&left_, &right_}) check_delivered(*node);
  EXPECT_GE(restarts_, 25u);
  EXPECT_GE(generation_, 10u) << "lifetimes of 80 minutes ended";
  EXPECT_GT(replays_, 10'000u);
  const double share = static_cast<double>(delivered_.size()) / packets_;
  EXPECT_GT(share, 0.9) << delivered_.size() << " of " << packets_;
}

// A file transfer is cut by restarts of either end; the tunnel is back within a round trip or two.
TEST_F(LongLife, ItIsBackAtOnceAfterEachRestart) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 300; ++i) {
      send(left_, static_cast<unsigned>(i) % 8);
      if (i % 3 == 0) send(right_, static_cast<unsigned>(i) % 8);
      sim_.run_for(100us);
    }
    restart(round % 2 == 0 ? left_ : right_);
    replay_some();
    for (unsigned flow = 0; flow < 24; ++flow) {
      send(left_, flow);
      send(right_, flow);
    }
    sim_.run_for(200ms);
    for (SimNode* node : {&left_, &right_}) check_delivered(*node);
    const std::size_t before = delivered_.size();
    for (unsigned flow = 0; flow < 24; ++flow) send(left_, flow);
    sim_.run_for(50ms);  // right does not know where left is before it was heard
    for (unsigned flow = 0; flow < 24; ++flow) send(right_, flow);
    sim_.run_for(200ms);
    for (SimNode* node : {&left_, &right_}) check_delivered(*node);
    EXPECT_GE(delivered_.size() - before, 40u) << "of 48, round " << round;
  }
}

}  // namespace
}  // namespace hawser
