// SPDX-License-Identifier: Apache-2.0
//
// hawser-rtp: one end of N telephone calls. Sends RTP (RFC 3550, payload type 0, every 20 ms 160
// octets) from --local to --remote, call i on ports + 2i, receives the same from the peer's
// hawser-rtp, and judges at the end what it heard. Both ends must share CLOCK_MONOTONIC.
//
// The payload begins with `magic u32, kind u32, index u32, sent in all u32, send time u64`. Packets
// of kind hello, of the same size, go until the peer was heard, so that both ends start together.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "base/bytes.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"
#include "tests/netns/tools/voice_report.h"

namespace hawser::lab {
namespace {

constexpr std::uint32_t kMagic = 0x48777231;
constexpr std::uint32_t kHello = 0, kVoice = 1, kEnd = 2;
constexpr std::size_t kRtpHeaderSize = 12;
constexpr std::size_t kMarkSize = 24;
constexpr Milliseconds kInterval{20};
constexpr Seconds kLinger{3};  // for what is still under way when the sending is over
constexpr std::uint32_t kIndexMax = 10'000'000;

struct Options {
  SocketAddress local, remote;
  unsigned calls = 1, dscp = 46;
  double seconds = 20, start_timeout = 15, playout_ms = 60;
  std::size_t payload = 160;
};

// One call: its socket, what it sends and what it heard.
class Call {
 public:
  Call(const Options& options, unsigned number, std::uint32_t ssrc)
      : options_(options),
        ssrc_(ssrc),
        peer_(options.remote.with_port_plus(2 * number)),
        fd_(open_udp(options.local.with_port_plus(2 * number))),
        planned_(static_cast<std::uint32_t>(options.seconds * 1000 / kInterval.count())) {
    const int tos = static_cast<int>(options.dscp << 2);
    setsockopt(fd_, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    setsockopt(fd_, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { close(fd_); }

  int fd() const { return fd_; }
  bool heard_peer() const { return heard_peer_; }
  bool peer_is_done() const { return peer_is_done_; }
  bool all_sent() const { return next_ == planned_; }
  std::uint64_t send_errors() const { return send_errors_; }
  std::uint32_t ssrc() const { return ssrc_; }

  void send_hello(TimePoint now) { send_packet(kHello, 0, now); }
  void send_voice(TimePoint now) { send_packet(kVoice, next_++, now); }
  void send_end(TimePoint now) { send_packet(kEnd, planned_, now); }

  void receive() {
    std::uint8_t packet[2048];
    while (true) {
      const ssize_t size = recv(fd_, packet, sizeof packet, MSG_DONTWAIT);
      if (size < 0) return;
      take({packet, static_cast<std::size_t>(size)}, read_clock());
    }
  }

  const VoiceTrace& trace() const { return trace_; }
  VoiceReport judge() const {
    // The peer's plan is in each of its packets; of a peer never heard ours is the best guess.
    return judge_voice(trace_, peer_planned_.value_or(planned_),
                       Duration(static_cast<Duration::rep>(options_.playout_ms * 1e6)));
  }

 private:
  void send_packet(std::uint32_t kind, std::uint32_t index, TimePoint now) {
    std::vector<std::uint8_t> packet(kRtpHeaderSize + options_.payload, 0xD5);  // G.711 silence
    ByteWriter writer(packet);
    writer.write_u8(0x80);
    writer.write_u8(0);
    writer.write_u16(static_cast<std::uint16_t>(index));
    writer.write_u32(index * 160);
    writer.write_u32(ssrc_);
    writer.write_u32(kMagic);
    writer.write_u32(kind);
    writer.write_u32(index);
    writer.write_u32(planned_);
    writer.write_u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
    if (sendto(fd_, packet.data(), packet.size(), 0, peer_.get(), peer_.size) < 0) {
      send_errors_ += 1;  // no route for a moment, say; counts as lost at the other end
    }
  }
  void take(ByteSpan packet, TimePoint now) {
    ByteReader reader(packet);
    std::uint32_t magic = 0, kind = 0, index = 0, planned = 0;
    std::uint64_t sent = 0;
    if (!reader.skip(kRtpHeaderSize) || !reader.read_u32(magic) || !reader.read_u32(kind) ||
        !reader.read_u32(index) || !reader.read_u32(planned) || !reader.read_u64(sent) ||
        magic != kMagic || index > kIndexMax) {
      return;
    }
    heard_peer_ = true;
    peer_planned_ = planned;
    if (kind == kEnd) peer_is_done_ = true;
    if (kind != kVoice) return;
    trace_.add(index, TimePoint(Duration(static_cast<std::int64_t>(sent))), now);
  }

  const Options& options_;
  std::uint32_t ssrc_;
  SocketAddress peer_;
  int fd_;
  std::uint32_t planned_;
  std::uint32_t next_ = 0;
  std::uint64_t send_errors_ = 0;
  bool heard_peer_ = false, peer_is_done_ = false;
  std::optional<std::uint32_t> peer_planned_;
  VoiceTrace trace_;
};

// All calls of this end: hello until each is heard, then voice, then what is still under way.
class Exchange {
 public:
  explicit Exchange(const Options& options) {
    std::random_device device;
    for (unsigned i = 0; i < options.calls; ++i) {
      calls_.push_back(std::make_unique<Call>(options, i, device()));
      polled_.push_back({calls_.back()->fd(), POLLIN, 0});
    }
  }

  bool meet(Duration timeout) {
    const TimePoint end = read_clock() + timeout;
    while (read_clock() < end) {
      for (auto& call : calls_) call->send_hello(read_clock());
      receive_until(read_clock() + kInterval);
      if (std::ranges::all_of(calls_, [](auto& call) { return call->heard_peer(); })) {
        // The peer may wait for a hello still, if the last ones were lost.
        for (auto& call : calls_) call->send_hello(read_clock());
        return true;
      }
    }
    return false;
  }
  void talk() {
    // The calls' packets are spread over the interval, as independent telephones' are.
    const TimePoint start = read_clock();
    const auto count = static_cast<Duration::rep>(calls_.size());
    for (Duration::rep tick = 0; !calls_.back()->all_sent(); ++tick) {
      const TimePoint when = start + Duration(kInterval) * tick / count;
      receive_until(when);
      calls_[static_cast<std::size_t>(tick % count)]->send_voice(read_clock());
    }
  }
  void linger() {
    const TimePoint end = read_clock() + kLinger;
    while (read_clock() < end) {
      for (auto& call : calls_) call->send_end(read_clock());
      receive_until(read_clock() + Milliseconds(100));
      if (std::ranges::all_of(calls_, [](auto& call) { return call->peer_is_done(); })) break;
    }
    // Late voice may follow the end mark, and the peer needs ours.
    for (auto& call : calls_) call->send_end(read_clock());
    receive_until(read_clock() + Milliseconds(500));
  }

  const std::vector<std::unique_ptr<Call>>& calls() const { return calls_; }

 private:
  void receive_until(TimePoint when) {
    while (true) {
      const Duration left = std::max(when - read_clock(), Duration{});
      const timespec wait{left / Seconds(1), (left % Seconds(1)).count()};
      if (ppoll(polled_.data(), polled_.size(), &wait, nullptr) <= 0) return;
      for (std::size_t i = 0; i < calls_.size(); ++i) {
        if (polled_[i].revents != 0) calls_[i]->receive();
      }
      if (left == Duration{}) return;
    }
  }

  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<pollfd> polled_;
};

nlohmann::ordered_json to_json(const VoiceReport& r) {
  return {{"sent", r.sent},
          {"received", r.received},
          {"lost", r.lost},
          {"late", r.late},
          {"duplicated", r.duplicated},
          {"reordered", r.reordered},
          {"longest_loss_run", r.longest_loss_run},
          {"longest_gap_ms", r.longest_gap_ms},
          {"delay_min_ms", r.delay_min_ms},
          {"delay_mean_ms", r.delay_mean_ms},
          {"delay_max_ms", r.delay_max_ms},
          {"jitter_ms", r.jitter_ms},
          {"jitter_max_ms", r.jitter_max_ms},
          {"burst_ratio", r.burst_ratio},
          {"mouth_to_ear_ms", r.mouth_to_ear_ms},
          {"r_factor", r.r},
          {"mos", r.mos}};
}

// [index, when it was sent in ms of CLOCK_MONOTONIC, delay in ms] of each packet that came.
nlohmann::json to_json(const VoiceTrace& trace) {
  auto all = nlohmann::json::array();
  for (std::size_t i = 0; i < trace.packets.size(); ++i) {
    const VoiceTrace::Packet& packet = trace.packets[i];
    if (!packet.received) continue;
    const auto ms = [](Duration duration) { return static_cast<double>(duration.count()) / 1e6; };
    all.push_back({i, ms(packet.sent.time_since_epoch()), ms(*packet.received - packet.sent)});
  }
  return all;
}

void print(const Exchange& exchange, bool as_json, bool with_trace) {
  nlohmann::ordered_json all = {{"calls", nlohmann::ordered_json::array()}};
  std::uint64_t lost = 0, late = 0;
  double worst = 5;
  for (const auto& call : exchange.calls()) {
    const VoiceReport report = call->judge();
    auto json = to_json(report);
    json["ssrc"] = call->ssrc();
    json["send_errors"] = call->send_errors();
    if (with_trace) json["trace"] = to_json(call->trace());
    all["calls"].push_back(json);
    lost += report.lost;
    late += report.late;
    worst = std::min(worst, report.mos);
    if (as_json) continue;
    std::cout << "received " << report.received << " of " << report.sent << ", late " << report.late
              << ", longest gap " << report.longest_gap_ms << " ms, delay " << report.delay_mean_ms
              << " ms, jitter " << report.jitter_ms << " ms, R " << report.r << ", MOS "
              << report.mos << "\n";
  }
  all["lost"] = lost;
  all["late"] = late;
  all["mos_min"] = worst;
  if (as_json) std::cout << all.dump() << std::endl;
}

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Options o;
  std::string local, remote;
  po::options_description help("hawser-rtp: one end of telephone calls; reports what it heard");
  auto add = help.add_options();
  add("help", "this text");
  add("local", po::value(&local)->required(), "ADDRESS:PORT of the first call here");
  add("remote", po::value(&remote)->required(), "ADDRESS:PORT of the first call at the peer");
  add("calls", po::value(&o.calls)->default_value(1), "number of calls, ports 2 apart");
  add("seconds", po::value(&o.seconds)->default_value(20), "length of the calls");
  add("payload", po::value(&o.payload)->default_value(160), "octets behind the RTP header");
  add("dscp", po::value(&o.dscp)->default_value(46), "of what is sent (46: EF)");
  add("playout-ms", po::value(&o.playout_ms)->default_value(60), "length of the playout buffer");
  add("start-timeout", po::value(&o.start_timeout)->default_value(15), "seconds to find the peer");
  add("json", "print JSON");
  add("trace", "and in it when each packet was sent and how long it took");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, help), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  if (o.calls < 1 || o.calls > 500 || o.payload < kMarkSize || o.payload > 1400) {
    throw std::runtime_error("calls are 1 to 500, the payload is 24 to 1400 octets");
  }
  o.local = SocketAddress::parse(local);
  o.remote = SocketAddress::parse(remote);
  Exchange exchange(o);
  if (!exchange.meet(Duration(static_cast<Duration::rep>(o.start_timeout * 1e9)))) {
    throw std::runtime_error("the peer was not heard");
  }
  exchange.talk();
  exchange.linger();
  print(exchange, values.count("json") != 0, values.count("trace") != 0);
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-rtp", hawser::lab::main_with_options, argc, argv);
}
