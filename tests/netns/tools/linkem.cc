// SPDX-License-Identifier: Apache-2.0
//
// hawser-linkem: a link between a TAP device in one network namespace and one in another, with the
// properties of LinkModel in each direction. Commands come on standard input, one a line, answers
// go to standard output.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/netns/tools/link_model.h"
#include "tests/netns/tools/namespaces.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kFrameMax = 65'536 + 14;
// At most one look at the devices in this time. Under load a wake-up per frame would cost more than
// the frames do; a lone frame is never held up.
constexpr Duration kRoundMin = std::chrono::microseconds(100);
constexpr int kReadsMax = 64;  // per device and round, so that both directions get their turn

volatile std::sig_atomic_t g_stop = 0;

timespec to_timespec(Duration duration) {
  return {duration / Seconds(1), (duration % Seconds(1)).count()};
}

// One direction: the frames that come out of `in` go through `model` into `out`.
struct Direction {
  const char* name;
  int in;
  int out;
  LinkModel model;
  bool carrier = true;
  std::uint64_t dropped_carrier = 0;
  std::uint64_t write_errors = 0;

  // True when the device may hold more.
  bool take_in(std::vector<std::uint8_t>& buffer) {
    for (int i = 0; i < kReadsMax; ++i) {
      const ssize_t size = read(in, buffer.data(), buffer.size());
      if (size <= 0) return false;
      model.enqueue(Frame(buffer.begin(), buffer.begin() + size), read_clock());
    }
    return true;
  }
  void put_out() {
    while (const auto frame = model.dequeue(read_clock())) {
      if (!carrier) {
        dropped_carrier += 1;
        continue;
      }
      // EIO while the far device is down: a cable in a switched-off machine.
      if (write(out, frame->data(), frame->size()) < 0) write_errors += 1;
    }
  }
};

nlohmann::ordered_json to_json(const Direction& direction, TimePoint now) {
  const LinkCounters& c = direction.model.counters();
  return {{"in_packets", c.in_packets},
          {"in_octets", c.in_octets},
          {"out_packets", c.out_packets},
          {"out_octets", c.out_octets},
          {"lost_random", c.lost_random},
          {"lost_burst", c.lost_burst},
          {"dropped_queue", c.dropped_queue},
          {"dropped_udp", c.dropped_udp},
          {"dropped_blackhole", c.dropped_blackhole},
          {"duplicated", c.duplicated},
          {"delayed_late", c.delayed_late},
          {"marked_ce", c.marked_ce},
          {"queue_packets", direction.model.backlog_packets()},
          {"queue_packets_max", c.queue_packets_max},
          {"queue_ms", static_cast<double>(direction.model.backlog_time(now).count()) / 1e6},
          {"dropped_carrier", direction.dropped_carrier},
          {"write_errors", direction.write_errors}};
}

class Emulator {
 public:
  Emulator(int tap_a, int tap_b, std::uint64_t seed)
      : taps_{tap_a, tap_b},
        directions_{{"a2b", tap_a, tap_b, LinkModel(2 * seed)},
                    {"b2a", tap_b, tap_a, LinkModel(2 * seed + 1)}} {}

  // "a2b|b2a|both SETTING...", "carrier on|off", "stats" or "quit"; the answer is one line.
  std::string command(const std::string& line) {
    std::istringstream stream(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    if (words.empty()) return "ok";
    if (words[0] == "quit") {
      g_stop = 1;
      return "ok";
    }
    const TimePoint now = read_clock();
    if (words[0] == "stats") {
      nlohmann::ordered_json stats;
      for (const Direction& d : directions_) stats[d.name] = to_json(d, now);
      return stats.dump();
    }
    if (words[0] == "carrier") return set_carriers(words);
    const std::vector<std::string_view> settings(words.begin() + 1, words.end());
    bool known = false;
    for (Direction& d : directions_) {
      if (words[0] != d.name && words[0] != "both") continue;
      known = true;
      const auto config = apply_settings(d.model.config(), settings);
      if (!config) return "error: " + config.error();
      d.model.configure(*config, now);
    }
    if (known) return "ok";
    return "error: expected a2b, b2a, both, carrier, stats or quit, not '" + words[0] + "'";
  }

  void run() {
    std::vector<std::uint8_t> buffer(kFrameMax);
    pollfd polled[3] = {
        {directions_[0].in, POLLIN, 0}, {directions_[1].in, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    bool more = false;
    TimePoint round{};
    while (g_stop == 0) {
      if (!more) sleep_until(round + kRoundMin);
      const timespec wait = time_to_wait(more);
      if (ppoll(polled, 3, &wait, nullptr) < 0 && errno != EINTR) break;
      more = false;
      round = read_clock();
      for (Direction& d : directions_) {
        more = d.take_in(buffer) || more;
        d.put_out();
      }
      if (polled[2].revents != 0 && !read_commands()) polled[2].fd = -1;
    }
  }

 private:
  timespec time_to_wait(bool more) const {
    if (more) return {0, 0};
    Duration wait = Seconds(1);
    const TimePoint now = read_clock();
    for (const Direction& d : directions_) {
      if (const auto next = d.model.next_event()) wait = std::min(wait, *next - now);
    }
    return to_timespec(std::max(wait, Duration{}));
  }

  // A cable pulled out, as both ends see it; what is under way is lost.
  std::string set_carriers(const std::vector<std::string>& words) {
    if (words.size() != 2 || (words[1] != "on" && words[1] != "off")) {
      return "error: expected carrier on or carrier off";
    }
    for (const int tap : taps_) {
      if (const auto set = set_carrier(tap, words[1] == "on"); !set) {
        return "error: " + set.error().what;
      }
    }
    for (Direction& d : directions_) d.carrier = words[1] == "on";
    return "ok";
  }

  // False at the end of the input; the link goes on with what it has.
  bool read_commands() {
    char text[4096];
    const ssize_t size = read(STDIN_FILENO, text, sizeof text);
    if (size <= 0) return false;
    input_.append(text, static_cast<std::size_t>(size));
    for (std::size_t end; (end = input_.find('\n')) != std::string::npos;) {
      std::cout << command(input_.substr(0, end)) << std::endl;
      input_.erase(0, end + 1);
    }
    return true;
  }

  int taps_[2];
  Direction directions_[2];
  std::string input_;
};

struct Options {
  std::string netns_a, netns_b, device_a, device_b;
  int mtu = 1500;
  std::uint64_t seed = 1;
  std::vector<std::string> settings;
};

Result<int, OsError> open_end(const std::string& netns, const std::string& device, int mtu) {
  if (const auto entered = enter_namespace(netns); !entered) return failure(entered.error());
  return open_tap(device, mtu);
}

int run(const Options& options) {
  const auto a = open_end(options.netns_a, options.device_a, options.mtu);
  const auto b = a ? open_end(options.netns_b, options.device_b, options.mtu) : a;
  if (!b) {
    std::cerr << "hawser-linkem: " << b.error().what << std::endl;
    return 1;
  }
  // Timers on the microsecond, and in front of the load that the link is to carry.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  setpriority(PRIO_PROCESS, 0, -15);
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    action.sa_handler = [](int) { g_stop = 1; };
    sigaction(number, &action, nullptr);
  }
  Emulator emulator(*a, *b, options.seed);
  for (const std::string& line : options.settings) {
    if (const std::string answer = emulator.command(line); answer != "ok") {
      std::cerr << "hawser-linkem: " << answer << std::endl;
      return 2;
    }
  }
  std::cout << "ready" << std::endl;
  emulator.run();
  std::cerr << emulator.command("stats") << std::endl;
  return 0;
}

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Options options;
  po::options_description help("hawser-linkem: an emulated link between two network namespaces");
  auto add = help.add_options();
  add("help", "this text");
  add("netns-a", po::value(&options.netns_a)->required(), "name or path; - is the present one");
  add("netns-b", po::value(&options.netns_b)->required(), "the other end's");
  add("dev-a", po::value(&options.device_a)->required(), "TAP device to make at end a");
  add("dev-b", po::value(&options.device_b)->required(), "TAP device to make at end b");
  add("mtu", po::value(&options.mtu)->default_value(1500), "of both devices");
  add("seed", po::value(&options.seed)->default_value(1), "of every random decision");
  add("set", po::value(&options.settings)->composing(),
      "command to begin with, such as 'both rate 50M delay 20ms'; may be repeated");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, help), values);
  if (values.count("help") != 0) {
    std::cout << help << "\nCommands on standard input: a2b|b2a|both SETTING..., carrier on|off,\n"
              << "stats, quit\n"
              << "Settings: see tests/netns/tools/link_config.h\n";
    return 0;
  }
  po::notify(values);
  return run(options);
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-linkem", hawser::lab::main_with_options, argc, argv);
}
