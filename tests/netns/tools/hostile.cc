// SPDX-License-Identifier: Apache-2.0
//
// hawser-hostile: packets that a daemon must drop, sent from the peer's address and port by a raw
// socket, some of them sealed with a real key. Reads a recipe a line from a file, then commands
// from standard input, each answered with a line of JSON:
//
//   send LABEL COUNT PPS     COUNT packets of the recipes of this label (all: *) by turns, at this
//                            rate (0: as fast as it goes)      -> {"sent": {LABEL: COUNT, ...}}
//
// A recipe: {"label": ..., "hex": ...} and, where the octets are an inner packet to be sealed,
// "seal": {"next_header": 4, "pad": "good" | "wrong" | "too-long", "number": "next" | "old" | "0"};
// then "flip": BIT and "cut": OCTETS change what comes out. {"label": ..., "again": true} sends the
// last unchanged sealed packet once more.
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"
#include "tunnel/esp_packet.h"

namespace hawser::lab {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kUdpHeaderSize = 8;
// Where the numbers of sealed packets begin: what is "old" is left of any window.
constexpr std::uint64_t kFirstNumber = 5000;
constexpr std::uint64_t kOldNumbers = 1000;

Octets from_hex(const std::string& text) {
  Octets octets(text.size() / 2);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  return octets;
}

struct Recipe {
  enum class Number : std::uint8_t { kNext, kOld, kZero };
  enum class Pad : std::uint8_t { kGood, kWrong, kTooLong };

  std::string label;
  Octets octets;
  bool again = false;
  bool sealed = false;
  std::uint8_t next_header = kNextHeaderIpv4;
  Number number = Number::kNext;
  Pad pad = Pad::kGood;
  int flip = -1;
  int cut = -1;

  static Recipe parse(const std::string& line) {
    const auto json = nlohmann::json::parse(line);
    Recipe recipe;
    recipe.label = json.at("label");
    recipe.octets = from_hex(json.value("hex", ""));
    recipe.again = json.value("again", false);
    recipe.flip = json.value("flip", -1);
    recipe.cut = json.value("cut", -1);
    if (!json.contains("seal")) return recipe;
    const auto& seal = json.at("seal");
    recipe.sealed = true;
    recipe.next_header = seal.value("next_header", kNextHeaderIpv4);
    const std::string number = seal.value("number", "next");
    recipe.number = number == "old" ? Number::kOld : number == "0" ? Number::kZero : Number::kNext;
    const std::string pad = seal.value("pad", "good");
    recipe.pad = pad == "wrong" ? Pad::kWrong : pad == "too-long" ? Pad::kTooLong : Pad::kGood;
    return recipe;
  }
};

// Seals as a peer would that has the key but does not keep to the rules.
class Sealer {
 public:
  Sealer(const std::string& cipher, const Octets& key_and_salt, Spi spi) : spi_(spi) {
    const auto algorithm = aead_from_name(cipher);
    if (!algorithm || key_and_salt.size() != aead_key_size(*algorithm) + kAeadSaltSize) {
      throw std::runtime_error("no such cipher, or a key of another size");
    }
    const auto key = ByteSpan(key_and_salt).first(aead_key_size(*algorithm));
    auto made = make_aead(*algorithm, key);
    if (!made) throw std::runtime_error("this cipher is not available here");
    aead_ = std::move(*made);
    salt_.assign(key_and_salt.end() - kAeadSaltSize, key_and_salt.end());
  }

  Octets seal(const Recipe& recipe) {
    const SequenceNumber sequence(number_for(recipe.number));
    // Two octets of padding more than needed, so that there is something to be wrong.
    const std::size_t room = recipe.octets.size() + (recipe.pad == Recipe::Pad::kWrong ? 4 : 0);
    Octets packet(esp_sealed_size(room));
    const EspHeader header{spi_, static_cast<std::uint32_t>(sequence.value()), sequence.value()};
    header.serialize(packet.data());
    std::uint8_t* inner = packet.data() + kEspHeadroom;
    std::ranges::copy(recipe.octets, inner);
    write_esp_trailer(inner, room, recipe.next_header);
    AeadPacket job;
    job.data = inner;
    job.size = packet.size() - kEspHeadroom - kAeadIcvSize;
    job.icv = inner + job.size;
    std::uint8_t& pad_length = inner[job.size - kEspTrailerSize];
    if (recipe.pad == Recipe::Pad::kWrong) {
      pad_length = static_cast<std::uint8_t>(pad_length + 4);
      inner[room - 1] = 0xee;
    } else if (recipe.pad == Recipe::Pad::kTooLong) {
      pad_length = 255;  // more than there is: for inner packets of less
    }
    fill_aead_inputs(job, salt_, header, sequence, true);
    aead_->seal({&job, 1});
    return packet;
  }

 private:
  std::uint64_t number_for(Recipe::Number kind) {
    switch (kind) {
      case Recipe::Number::kNext:
        return next_++;
      case Recipe::Number::kOld:
        return 1 + old_++ % kOldNumbers;
      case Recipe::Number::kZero:
        break;
    }
    return 0;
  }

  Spi spi_;
  std::unique_ptr<Aead> aead_;
  Octets salt_;
  std::uint64_t next_ = kFirstNumber;
  std::uint64_t old_ = 0;
};

// Sends UDP with a source of our choice. Receives nothing, though the kernel would give it a copy
// of all UDP that comes in.
class RawUdp {
 public:
  RawUdp(const std::string& from, const std::string& to)
      : from_(SocketAddress::parse(from)), to_(SocketAddress::parse(to)) {
    fd_ = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd_ < 0) throw_errno("cannot open a raw socket");
    sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &nothing};
    ::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    if (::bind(fd_, from_.get(), from_.size) != 0) throw_errno("cannot bind the raw socket");
  }
  ~RawUdp() { ::close(fd_); }
  RawUdp(const RawUdp&) = delete;
  RawUdp& operator=(const RawUdp&) = delete;

  void send(const Octets& payload) {
    Octets datagram(kUdpHeaderSize);
    store_be16(datagram.data(), port_of(from_));
    store_be16(datagram.data() + 2, port_of(to_));
    store_be16(datagram.data() + 4, static_cast<std::uint16_t>(kUdpHeaderSize + payload.size()));
    datagram.insert(datagram.end(), payload.begin(), payload.end());  // checksum 0: none
    while (::sendto(fd_, datagram.data(), datagram.size(), 0, to_.get(), to_.size) < 0) {
      if (errno != EINTR && errno != ENOBUFS) throw_errno("cannot send");
    }
  }

 private:
  static std::uint16_t port_of(const SocketAddress& address) {
    sockaddr_in in;
    std::memcpy(&in, &address.storage, sizeof in);
    return ntohs(in.sin_port);
  }

  SocketAddress from_, to_;
  int fd_ = -1;
};

class Hostile {
 public:
  Hostile(RawUdp& socket, Sealer& sealer, std::vector<Recipe> recipes)
      : socket_(socket), sealer_(sealer), recipes_(std::move(recipes)) {}

  nlohmann::json send(const std::string& label, std::uint64_t count, double pps) {
    std::vector<const Recipe*> chosen;
    for (const Recipe& recipe : recipes_) {
      if (label == "*" || recipe.label == label) chosen.push_back(&recipe);
    }
    if (chosen.empty()) throw std::runtime_error("no recipe " + label);
    std::map<std::string, std::uint64_t> sent;
    const TimePoint start = read_clock();
    for (std::uint64_t i = 0; i < count; ++i) {
      // A millisecond's packets at once: a sleep for each would cost more than the packets.
      const auto due =
          Duration(static_cast<std::int64_t>(pps > 0 ? static_cast<double>(i) / pps * 1e9 : 0));
      if (read_clock() < start + due - Milliseconds(1)) sleep_until(start + due);
      const Recipe& recipe = *chosen[i % chosen.size()];
      socket_.send(make(recipe));
      ++sent[recipe.label];
    }
    const std::chrono::duration<double> took = read_clock() - start;
    return {{"sent", sent}, {"seconds", took.count()}, {"cpu_seconds", thread_cpu_seconds()}};
  }

 private:
  Octets make(const Recipe& recipe) {
    if (recipe.again) return last_;
    Octets packet = recipe.sealed ? sealer_.seal(recipe) : recipe.octets;
    const bool unchanged = recipe.flip < 0 && recipe.cut < 0;
    if (recipe.flip >= 0) {
      packet.at(static_cast<std::size_t>(recipe.flip) / 8) ^=
          static_cast<std::uint8_t>(0x80 >> (recipe.flip % 8));
    }
    if (recipe.cut >= 0) packet.resize(static_cast<std::size_t>(recipe.cut));
    if (recipe.sealed && unchanged && recipe.number == Recipe::Number::kNext) last_ = packet;
    return packet;
  }

  RawUdp& socket_;
  Sealer& sealer_;
  std::vector<Recipe> recipes_;
  Octets last_;
};

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  std::string from, to, cipher, key_file, recipe_file;
  std::uint32_t spi = 0;
  po::options_description help(
      "hawser-hostile --from ADDRESS:PORT --to ADDRESS:PORT --cipher NAME --key FILE --spi N "
      "--recipes FILE: sends packets that must be dropped; commands on standard input");
  auto add = help.add_options();
  add("help", "this text");
  add("from", po::value(&from)->required(), "the peer's address");
  add("to", po::value(&to)->required(), "the victim's address");
  add("cipher", po::value(&cipher)->default_value("aes-256-gcm"), "of the key");
  add("key", po::value(&key_file)->required(), "a file with the key and salt in hexadecimal");
  add("spi", po::value(&spi)->required(), "of the SA with this key");
  add("recipes", po::value(&recipe_file)->required(), "what to send, a line of JSON each");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, help), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  std::string key;
  if (!(std::ifstream(key_file) >> key)) throw std::runtime_error("cannot read " + key_file);
  std::vector<Recipe> recipes;
  std::ifstream lines(recipe_file);
  for (std::string line; std::getline(lines, line);) recipes.push_back(Recipe::parse(line));
  Sealer sealer(cipher, from_hex(key), Spi(spi));
  RawUdp socket(from, to);
  Hostile hostile(socket, sealer, std::move(recipes));
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, label;
    std::uint64_t count = 0;
    double pps = 0;
    words >> command >> label >> count >> pps;
    if (!words || command != "send") throw std::runtime_error("cannot do: " + line);
    std::cout << hostile.send(label, count, pps).dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-hostile", hawser::lab::main_with_options, argc, argv);
}
