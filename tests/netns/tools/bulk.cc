// SPDX-License-Identifier: Apache-2.0
//
// hawser-bulk: TCP or MPTCP (RFC 8684) from one network namespace to another as fast as it goes;
// what arrives after a warm-up is counted. Both ends are threads of one process. At the receiver's
// device the order of the packets is looked at, if one is named.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/program_options.hpp>
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/netns/tools/namespaces.h"
#include "tests/netns/tools/order_watch.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"

namespace hawser::lab {
namespace {

constexpr int kPollMs = 50;
constexpr std::size_t kChunk = 256 * 1024;

struct Options {
  std::string to, from, send_netns, sink_netns, send_device, congestion, order_device;
  unsigned flows = 1;
  double seconds = 30, warm_up = 5, connect_timeout = 10;
  bool mptcp = false;
};

double to_seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }
Duration to_duration(double seconds) { return Duration(static_cast<Duration::rep>(seconds * 1e9)); }

void enter(const std::string& netns) {
  if (const auto entered = enter_namespace(netns); !entered) {
    throw std::runtime_error(entered.error().what);
  }
}

int open_stream(const Options& options, const SocketAddress& address) {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
                        options.mptcp ? IPPROTO_MPTCP : IPPROTO_TCP);
  if (fd < 0) throw_errno("socket");
  const std::string& name = options.congestion;
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.c_str(),
                 static_cast<socklen_t>(name.size())) < 0) {
    throw_errno("congestion control " + name);
  }
  return fd;
}

void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// What both threads know of the run. It begins when all flows are connected.
struct Run {
  std::atomic<bool> listening = false, over = false;
  std::atomic<Duration::rep> begin = 0;  // 0: not yet
};

struct Arrivals {
  std::uint64_t octets = 0;  // after the warm-up
  double longest_stall_ms = 0;
  std::vector<std::uint64_t> per_second;  // from the begin on
};

class Sink {
 public:
  Sink(const Options& options, Run& run) : options_(options), run_(run), buffer_(kChunk) {
    const auto address = SocketAddress::parse(options.to);
    listener_ = open_stream(options, address);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener_, address.get(), address.size) < 0) throw_errno("bind");
    if (listen(listener_, 64) < 0) throw_errno("listen");
    polled_.push_back({listener_, POLLIN, 0});
    arrivals_.per_second.resize(static_cast<std::size_t>(options.warm_up + options.seconds) + 1);
  }
  ~Sink() {
    for (const pollfd& p : polled_) close(p.fd);
  }

  Arrivals run() {
    run_.listening = true;
    while (!run_.over) {
      if (poll(polled_.data(), polled_.size(), kPollMs) <= 0) continue;
      if (polled_[0].revents != 0) take_connection();
      for (std::size_t i = 1; i < polled_.size(); ++i) {
        if (polled_[i].revents != 0) take_octets(polled_[i]);
      }
    }
    note_silence(TimePoint(Duration(run_.begin)) +
                 to_duration(options_.warm_up + options_.seconds));
    return arrivals_;
  }

 private:
  void take_connection() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) polled_.push_back({fd, POLLIN, 0});
  }
  void take_octets(pollfd& p) {
    const ssize_t size = recv(p.fd, buffer_.data(), buffer_.size(), 0);
    if (size > 0) return note_arrival(read_clock(), static_cast<std::size_t>(size));
    if (size == 0 || errno != EAGAIN) p.events = 0;
  }
  void note_arrival(TimePoint now, std::size_t octets) {
    const Duration::rep begin = run_.begin;
    if (begin == 0) return;
    const Duration since = now - TimePoint(Duration(begin));
    const double seconds = to_seconds(since);
    if (seconds < 0 || seconds >= options_.warm_up + options_.seconds) return;
    arrivals_.per_second[static_cast<std::size_t>(seconds)] += octets;
    if (seconds < options_.warm_up) return;
    arrivals_.octets += octets;
    note_silence(now);
    last_ = now;
  }
  void note_silence(TimePoint until) {
    if (last_ == TimePoint{}) {
      last_ = TimePoint(Duration(run_.begin)) + to_duration(options_.warm_up);
    }
    arrivals_.longest_stall_ms =
        std::max(arrivals_.longest_stall_ms, to_seconds(until - last_) * 1e3);
  }

  const Options& options_;
  Run& run_;
  std::vector<std::uint8_t> buffer_;
  int listener_ = -1;
  std::vector<pollfd> polled_;  // the listener first
  TimePoint last_{};
  Arrivals arrivals_;
};

class Source {
 public:
  Source(const Options& options, Run& run) : options_(options), run_(run), buffer_(kChunk, 0x48) {}
  ~Source() {
    // What is still queued is of no use: a reset ends it at once.
    const linger now{1, 0};
    for (const pollfd& p : polled_) {
      setsockopt(p.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(p.fd);
    }
  }

  void run() {
    for (unsigned i = 0; i < options_.flows; ++i) connect_one();
    const TimePoint begin = read_clock();
    run_.begin = begin.time_since_epoch().count();
    const TimePoint end = begin + to_duration(options_.warm_up + options_.seconds);
    while (read_clock() < end) {
      if (poll(polled_.data(), polled_.size(), kPollMs) <= 0) continue;
      for (pollfd& p : polled_) {
        if ((p.revents & (POLLERR | POLLHUP)) != 0) throw std::runtime_error("connection lost");
        if ((p.revents & POLLOUT) != 0) (void)send(p.fd, buffer_.data(), kChunk, MSG_NOSIGNAL);
      }
    }
  }
  // As the kernel counts it; of MPTCP, that of its first subflow.
  std::uint64_t retransmits() const {
    std::uint64_t sum = 0;
    for (const pollfd& p : polled_) {
      tcp_info info{};
      socklen_t size = sizeof info;
      if (getsockopt(p.fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        sum += info.tcpi_total_retrans;
    }
    return sum;
  }

 private:
  void connect_one() {
    const auto to = SocketAddress::parse(options_.to);
    const int fd = open_stream(options_, to);
    polled_.push_back({fd, POLLOUT, 0});
    const std::string& device = options_.send_device;
    if (!device.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                                      static_cast<socklen_t>(device.size())) < 0) {
      throw_errno("binding to " + device);
    }
    if (!options_.from.empty()) {
      const auto from = SocketAddress::parse(options_.from + ":0");
      if (bind(fd, from.get(), from.size) < 0) throw_errno("bind");
    }
    const timeval limit{static_cast<time_t>(options_.connect_timeout), 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, to.get(), to.size) < 0) throw_errno("connect");
    set_nonblocking(fd);
  }

  const Options& options_;
  Run& run_;
  std::vector<std::uint8_t> buffer_;
  std::vector<pollfd> polled_;
};

struct Outcome {
  Arrivals arrivals;
  std::uint64_t retransmits = 0;
  OrderReport order;
  std::uint64_t order_missed = 0;
};

Outcome measure(const Options& options) {
  Outcome outcome;
  Run run;
  std::string failed[3];
  const auto guarded = [&run](std::string& text, const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      text = error.what();
      run.listening = run.over = true;
    }
  };
  std::thread sink([&] {
    guarded(failed[0], [&] {
      enter(options.sink_netns);
      outcome.arrivals = Sink(options, run).run();
    });
  });
  std::thread watch([&] {
    if (options.order_device.empty()) return;
    guarded(failed[1], [&] {
      enter(options.sink_netns);
      OrderWatch order(options.order_device, SocketAddress::parse(options.to).port());
      while (!run.over) {
        order.take_waiting(kPollMs);
        sleep_until(read_clock() + Milliseconds(2));  // a wake-up for many packets
      }
      outcome.order = order.report();
      outcome.order_missed = order.missed();
    });
  });
  std::thread source([&] {
    guarded(failed[2], [&] {
      enter(options.send_netns);
      while (!run.listening) sleep_until(read_clock() + Milliseconds(1));
      if (run.over) return;
      Source sender(options, run);
      sender.run();
      outcome.retransmits = sender.retransmits();
    });
    run.over = true;
  });
  for (std::thread* thread : {&source, &sink, &watch}) thread->join();
  for (const std::string& text : failed) {
    if (!text.empty()) throw std::runtime_error(text);
  }
  return outcome;
}

nlohmann::ordered_json to_json(const Options& options, const Outcome& outcome) {
  nlohmann::ordered_json json = {
      {"goodput_bps", static_cast<double>(outcome.arrivals.octets) * 8 / options.seconds},
      {"octets", outcome.arrivals.octets},
      {"seconds", options.seconds},
      {"longest_stall_ms", outcome.arrivals.longest_stall_ms},
      {"retransmits", outcome.retransmits},
      {"octets_per_second", outcome.arrivals.per_second}};
  if (options.order_device.empty()) return json;
  json["order"] = {{"packets", outcome.order.packets},
                   {"reordered", outcome.order.reordered},
                   {"reordered_ratio", outcome.order.ratio()},
                   {"extent_max", outcome.order.extent_max},
                   {"missed", outcome.order_missed}};
  return json;
}

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Options o;
  po::options_description help("hawser-bulk: TCP as fast as it goes; prints JSON");
  auto add = help.add_options();
  add("help", "this text");
  add("to", po::value(&o.to)->required(), "the receiver's ADDRESS:PORT");
  add("from", po::value(&o.from)->default_value(""), "the sender's address");
  add("send-netns", po::value(&o.send_netns)->default_value("-"), "the sender's namespace");
  add("sink-netns", po::value(&o.sink_netns)->default_value("-"), "the receiver's namespace");
  add("send-device", po::value(&o.send_device)->default_value(""), "leave by this one alone");
  add("order-device", po::value(&o.order_device)->default_value(""),
      "TUN device of the receiver where the order of packets is looked at");
  add("flows", po::value(&o.flows)->default_value(1), "connections at once");
  add("seconds", po::value(&o.seconds)->default_value(30), "that count");
  add("warm-up", po::value(&o.warm_up)->default_value(5), "seconds before them");
  add("congestion", po::value(&o.congestion)->default_value("cubic"), "congestion control");
  add("mptcp", po::bool_switch(&o.mptcp), "MPTCP instead of TCP");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, help), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  if (o.flows < 1 || o.flows > 64 || o.seconds <= 0 || o.warm_up < 0) {
    throw std::runtime_error("flows are 1 to 64, seconds more than 0");
  }
  std::cout << to_json(o, measure(o)).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-bulk", hawser::lab::main_with_options, argc, argv);
}
