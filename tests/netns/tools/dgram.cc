// SPDX-License-Identifier: Apache-2.0
//
// hawser-dgram: datagrams from one network namespace to another, counted at the far end. Generator
// and sink are two threads of one process, so that a search needs no control channel.
//
//   flood    one flow of one size at a given rate, or as fast as it goes
//   search   the highest rate with at most 0.5 % loss
//   ceiling  the same, meant for the addresses without the tunnel: what this program can do here
//   stream   several flows of random sizes, every octet checked
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/program_options.hpp>
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "tests/netns/tools/dgram_flow.h"
#include "tests/netns/tools/link_random.h"
#include "tests/netns/tools/namespaces.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kBatchMax = 64;
constexpr std::size_t kSegmentedMax = 65'000;  // octets of one UDP_SEGMENT send

struct Options {
  std::string mode, to, send_netns, sink_netns;
  double pps = 0, seconds = 5, grace = 0.5, loss_max = 0.005;
  std::size_t size = 172, size_min = 0, flows = 1;
  bool segment = false;
};

struct Trial {
  std::uint32_t number = 0;
  double pps = 0;  // 0: as fast as it goes
  double seconds = 0;
};

struct Outcome {
  std::vector<std::uint64_t> sent;
  std::vector<FlowReport> flows;
  std::uint64_t send_errors = 0;
  double send_seconds = 0, arrival_seconds = 0, send_cpu = 0, sink_cpu = 0;

  std::uint64_t sent_total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : sent) sum += n;
    return sum;
  }
  FlowReport total() const {
    FlowReport sum;
    for (const FlowReport& f : flows) {
      sum.received += f.received;
      sum.octets += f.octets;
      sum.reordered += f.reordered;
      sum.duplicated += f.duplicated;
      sum.corrupted += f.corrupted;
    }
    return sum;
  }
  double loss() const {
    return 1 - static_cast<double>(total().received) /
                   static_cast<double>(std::max<std::uint64_t>(1, sent_total()));
  }
};

void enter(const std::string& netns) {
  if (const auto entered = enter_namespace(netns); !entered) {
    throw std::runtime_error(entered.error().what);
  }
}

// The sending thread's work for one trial.
class Generator {
 public:
  Generator(const Options& options, const Trial& trial, Outcome& outcome)
      : options_(options), trial_(trial), outcome_(outcome), sizes_(trial.number, 1) {
    outcome_.sent.assign(options.flows, 0);
    buffer_.resize(kBatchMax * options.size);
    for (std::size_t i = 0; i < options.flows; ++i) {
      sockets_.push_back(open_udp(SocketAddress::parse(options.to), true));
    }
  }
  ~Generator() {
    for (const int fd : sockets_) close(fd);
  }

  void run() {
    const TimePoint start = read_clock();
    const TimePoint end = start + to_duration(trial_.seconds);
    std::uint64_t done = 0;
    std::size_t flow = 0;
    for (TimePoint now = start; now < end; now = read_clock()) {
      std::size_t count = kBatchMax;
      if (trial_.pps > 0) {
        const auto due = static_cast<std::uint64_t>(static_cast<double>((now - start).count()) /
                                                    1e9 * trial_.pps) +
                         1;
        if (due <= done) {
          sleep_until(std::max(start + to_duration(static_cast<double>(done) / trial_.pps),
                               now + std::chrono::microseconds(50)));
          continue;
        }
        count = std::min<std::size_t>(count, due - done);
      }
      done += options_.segment ? send_segmented(flow, count) : send_batch(flow, count);
      flow = (flow + 1) % options_.flows;
    }
    outcome_.send_seconds = static_cast<double>((read_clock() - start).count()) / 1e9;
    outcome_.send_cpu = thread_cpu_seconds();
  }

 private:
  static Duration to_duration(double seconds) {
    return Duration(static_cast<Duration::rep>(seconds * 1e9));
  }
  std::size_t draw_size() {
    if (options_.size_min == 0) return options_.size;
    const auto range = static_cast<double>(options_.size - options_.size_min + 1);
    return options_.size_min + static_cast<std::size_t>(sizes_.uniform() * range);
  }
  DatagramHeader header(std::size_t flow, std::size_t ahead) const {
    return {trial_.number, static_cast<std::uint32_t>(flow),
            static_cast<std::uint32_t>(outcome_.sent[flow] + ahead)};
  }

  // Both return how many were tried; sequence numbers count only what the kernel took.
  std::size_t send_batch(std::size_t flow, std::size_t count) {
    iovec pieces[kBatchMax];
    mmsghdr messages[kBatchMax] = {};
    for (std::size_t i = 0; i < count; ++i) {
      pieces[i] = {&buffer_[i * options_.size], draw_size()};
      write_datagram(header(flow, i), {&buffer_[i * options_.size], pieces[i].iov_len});
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int taken = sendmmsg(sockets_[flow], messages, static_cast<unsigned>(count), 0);
    if (taken > 0) {
      outcome_.sent[flow] += static_cast<std::uint64_t>(taken);
      return static_cast<std::size_t>(taken);
    }
    outcome_.send_errors += 1;
    return 1;
  }
  std::size_t send_segmented(std::size_t flow, std::size_t count) {
    count = std::min(count, std::max<std::size_t>(1, kSegmentedMax / options_.size));
    for (std::size_t i = 0; i < count; ++i) {
      write_datagram(header(flow, i), {&buffer_[i * options_.size], options_.size});
    }
    const int segment = static_cast<int>(options_.size);
    setsockopt(sockets_[flow], SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
    if (send(sockets_[flow], buffer_.data(), count * options_.size, 0) > 0) {
      outcome_.sent[flow] += count;
    } else {
      outcome_.send_errors += 1;
    }
    return count;
  }

  const Options& options_;
  Trial trial_;
  Outcome& outcome_;
  LinkRandom sizes_;
  std::vector<int> sockets_;
  std::vector<std::uint8_t> buffer_;
};

// The receiving thread's work: until `done` and `grace` seconds without a datagram. Returns the
// time from the first to the last arrival.
double drain(int fd, const Options& options, DatagramSink& sink, const std::atomic<bool>& done) {
  const std::size_t slot = options.size + 64;
  std::vector<std::uint8_t> buffer(kBatchMax * slot);
  iovec pieces[kBatchMax];
  mmsghdr messages[kBatchMax] = {};
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    pieces[i] = {&buffer[i * slot], slot};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int grace_ms = static_cast<int>(options.grace * 1000);
  pollfd polled{fd, POLLIN, 0};
  TimePoint first{}, last{};
  while (true) {
    const bool last_chance = done;
    if (poll(&polled, 1, last_chance ? grace_ms : 50) == 0) {
      if (last_chance) return static_cast<double>((last - first).count()) / 1e9;
      continue;
    }
    const int count = recvmmsg(fd, messages, kBatchMax, MSG_DONTWAIT, nullptr);
    last = read_clock();
    if (first == TimePoint{}) first = last;
    for (int i = 0; i < count; ++i) {
      sink.take({&buffer[static_cast<std::size_t>(i) * slot], messages[i].msg_len});
    }
  }
}

Outcome run_trial(const Options& options, const Trial& trial) {
  Outcome outcome;
  DatagramSink sink(trial.number, options.flows, options.mode == "stream");
  std::atomic<bool> done = false, listening = false;
  std::string failed[2];
  std::thread receiver([&] {
    try {
      enter(options.sink_netns);
      const int fd = open_udp(SocketAddress::parse(options.to));
      listening = true;
      outcome.arrival_seconds = drain(fd, options, sink, done);
      outcome.sink_cpu = thread_cpu_seconds();
      close(fd);
    } catch (const std::exception& error) {
      failed[0] = std::string("sink: ") + error.what();
      listening = true;
    }
  });
  while (!listening) sleep_until(read_clock() + Milliseconds(1));
  std::thread sender([&] {
    try {
      enter(options.send_netns);
      Generator(options, trial, outcome).run();
    } catch (const std::exception& error) {
      failed[1] = std::string("generator: ") + error.what();
    }
  });
  sender.join();
  done = true;
  receiver.join();
  for (const std::string& text : failed) {
    if (!text.empty()) throw std::runtime_error(text);
  }
  for (std::size_t i = 0; i < options.flows; ++i) outcome.flows.push_back(sink.report(i));
  return outcome;
}

nlohmann::ordered_json to_json(const Options& options, const Outcome& outcome) {
  const FlowReport total = outcome.total();
  // The tail of a queue arrives after the last was sent.
  const double arrival_seconds = std::max(outcome.arrival_seconds, outcome.send_seconds);
  const double packets = static_cast<double>(std::max<std::uint64_t>(1, total.received));
  nlohmann::ordered_json json = {
      {"mode", options.mode},
      {"size", options.size},
      {"sent", outcome.sent_total()},
      {"received", total.received},
      {"lost", outcome.sent_total() - total.received},
      {"loss", outcome.loss()},
      {"reordered", total.reordered},
      {"duplicated", total.duplicated},
      {"corrupted", total.corrupted},
      {"send_errors", outcome.send_errors},
      {"sent_pps", static_cast<double>(outcome.sent_total()) / outcome.send_seconds},
      {"received_pps", static_cast<double>(total.received) / arrival_seconds},
      {"received_bps", static_cast<double>(total.octets) * 8 / arrival_seconds},
      {"generator_us_per_packet", outcome.send_cpu * 1e6 / packets},
      {"sink_us_per_packet", outcome.sink_cpu * 1e6 / packets}};
  if (options.mode != "stream") return json;
  for (std::size_t i = 0; i < outcome.flows.size(); ++i) {
    const FlowReport& flow = outcome.flows[i];
    json["flows"].push_back({{"sent", outcome.sent[i]},
                             {"received", flow.received},
                             {"lost", outcome.sent[i] - flow.received},
                             {"reordered", flow.reordered},
                             {"duplicated", flow.duplicated},
                             {"corrupted", flow.corrupted}});
  }
  return json;
}

// Bisects the rate (geometric, to 4 %) between what passed and what did not.
nlohmann::ordered_json search(const Options& options) {
  Trial trial{static_cast<std::uint32_t>(getpid()) << 8, 0, options.seconds};
  Outcome best = run_trial(options, trial);
  const double offered = static_cast<double>(best.sent_total()) / best.send_seconds;
  double low = 0, high = offered;
  if (best.loss() > options.loss_max) {
    // What arrived under overload is a good first guess.
    trial.pps = static_cast<double>(best.total().received) / best.send_seconds;
    while (trial.pps > 100 && high > low * 1.04) {
      trial.number += 1;
      const Outcome outcome = run_trial(options, trial);
      if (outcome.loss() <= options.loss_max) {
        low = trial.pps;
        best = outcome;
        trial.pps = std::min(low * 1.3, std::sqrt(low * high));
      } else {
        high = trial.pps;
        trial.pps = low > 0 ? std::sqrt(low * high) : high * 0.8;
      }
    }
  }
  nlohmann::ordered_json json = to_json(options, best);
  json["offered_max_pps"] = offered;
  return json;
}

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Options o;
  po::options_description help(
      "hawser-dgram flood|search|ceiling|stream --to ADDRESS:PORT: counts datagrams, prints JSON");
  auto add = help.add_options();
  add("help", "this text");
  add("mode", po::value(&o.mode)->required(), "flood, search, ceiling or stream (may stand alone)");
  add("to", po::value(&o.to)->required(), "the sink's address, [ADDRESS]:PORT for IPv6");
  add("send-netns", po::value(&o.send_netns)->default_value("-"), "the generator's namespace");
  add("sink-netns", po::value(&o.sink_netns)->default_value("-"), "the sink's namespace");
  add("size", po::value(&o.size)->default_value(172), "octets of payload; in stream the largest");
  add("flows", po::value(&o.flows)->default_value(1), "source ports");
  add("pps", po::value(&o.pps)->default_value(0), "datagrams a second; 0: as fast as it goes");
  add("seconds", po::value(&o.seconds)->default_value(5), "of each trial");
  add("grace", po::value(&o.grace)->default_value(0.5), "seconds of silence that end a trial");
  add("loss-max", po::value(&o.loss_max)->default_value(0.005), "share that search accepts");
  add("segment", po::bool_switch(&o.segment), "send with UDP_SEGMENT");
  po::positional_options_description first;
  first.add("mode", 1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(help).positional(first).run(), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  if (o.size < kDatagramSizeMin || o.size > 65'507 || o.flows < 1 || o.flows > 1024) {
    throw std::runtime_error("size is 16 to 65507 octets, flows are 1 to 1024");
  }
  if (o.mode == "stream") {
    o.size_min = kDatagramSizeMin;
    o.segment = false;
  }
  if (o.mode == "search" || o.mode == "ceiling") {
    std::cout << search(o).dump() << std::endl;
  } else if (o.mode == "flood" || o.mode == "stream") {
    const Trial trial{static_cast<std::uint32_t>(getpid()) << 8, o.pps, o.seconds};
    std::cout << to_json(o, run_trial(o, trial)).dump() << std::endl;
  } else {
    throw std::runtime_error("no mode '" + o.mode + "'");
  }
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-dgram", hawser::lab::main_with_options, argc, argv);
}
