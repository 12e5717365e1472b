// SPDX-License-Identifier: Apache-2.0
//
// hawser-ikepeers: any number of peers of one gateway in one process, each with an identity
// (p0.lab, p1.lab, ...), an inner and an outer address of its own; all with one key. They have keys
// and child SAs, and no packets. A line of JSON when all have come in,
//
//   {"established": ..., "seconds": ..., "messages": ...}
//
// and at the end of standard input another with "lost" and "troubles". Outer addresses are
// consecutive; the namespace must have them (ip route add local NETWORK dev lo).
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

#include "crypto/system_random.h"
#include "ike-lite/ike_engine.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"
#include "tests/support/numbered_spis.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kMarkerSize = 4;
constexpr std::uint16_t kPort = 4500;

struct Options {
  std::string to, gateway_key, private_key_file, outer, inner;
  unsigned peers = 0, at_once = 0;
};

IpAddress address_of(const std::string& first, unsigned number) {
  in_addr address{};
  const SocketAddress parsed = SocketAddress::parse(first + ":0");
  std::memcpy(&address, &reinterpret_cast<const sockaddr_in*>(&parsed.storage)->sin_addr,
              sizeof address);
  std::uint8_t octets[4];
  store_be32(octets, ntohl(address.s_addr) + number);
  return IpAddress::v4(octets);
}

in_addr to_system(const IpAddress& address) {
  in_addr result{};
  std::memcpy(&result, address.octets().data(), sizeof result);
  return result;
}

// One socket that sends from any of the addresses and knows to which of them something came.
class ManyAddresses {
 public:
  explicit ManyAddresses(const std::string& to)
      : fd_(open_udp(SocketAddress::parse("0.0.0.0:" + std::to_string(kPort)))),
        to_(SocketAddress::parse(to)) {
    const int on = 1;
    if (::setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) throw_errno("IP_PKTINFO");
  }
  ~ManyAddresses() { ::close(fd_); }
  ManyAddresses(const ManyAddresses&) = delete;
  ManyAddresses& operator=(const ManyAddresses&) = delete;

  int fd() const { return fd_; }

  void send(const IpAddress& from, std::vector<std::uint8_t>& bytes) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))] = {};
    iovec piece{bytes.data(), bytes.size()};
    msghdr message = header(piece, control, sizeof control);
    message.msg_name = &to_.storage;
    message.msg_namelen = to_.size;
    cmsghdr* const first = CMSG_FIRSTHDR(&message);
    first->cmsg_level = IPPROTO_IP;
    first->cmsg_type = IP_PKTINFO;
    first->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst = to_system(from);
    std::memcpy(CMSG_DATA(first), &info, sizeof info);
    // What is lost here is sent again by IKE.
    (void)::sendmsg(fd_, &message, 0);
  }

  // The address that a message came to; nothing if none is there.
  std::optional<IpAddress> receive(std::vector<std::uint8_t>& bytes) {
    bytes.resize(65'536);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))] = {};
    iovec piece{bytes.data(), bytes.size()};
    msghdr message = header(piece, control, sizeof control);
    const ssize_t size = ::recvmsg(fd_, &message, MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size));
    in_pktinfo info{};
    const cmsghdr* const first = CMSG_FIRSTHDR(&message);
    if (first != nullptr) std::memcpy(&info, CMSG_DATA(first), sizeof info);
    std::uint8_t octets[4];
    std::memcpy(octets, &info.ipi_addr, sizeof octets);
    return IpAddress::v4(octets);
  }

 private:
  static msghdr header(iovec& piece, char* control, std::size_t size) {
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = size;
    return message;
  }

  int fd_;
  SocketAddress to_;
};

class Peers {
 public:
  explicit Peers(const Options& options)
      : options_(options),
        gateway_(*TransportAddress::parse(options.to)),
        socket_(options.to),
        engine_({.random = &random_, .spis = &spis_, .epoch_offset = epoch_offset()}) {
    configure();
  }

  void run() {
    const TimePoint start = read_clock();
    bool told = false;
    while (step()) {
      if (told || established_ < options_.peers) continue;
      told = true;
      const std::chrono::duration<double> took = read_clock() - start;
      std::cout << nlohmann::json{{"established", established_},
                                  {"seconds", took.count()},
                                  {"messages", messages_}}
                       .dump()
                << std::endl;
    }
    std::cout << nlohmann::json{{"established", established_},
                                {"lost", lost_},
                                {"messages", messages_},
                                {"troubles", troubles_}}
                     .dump()
              << std::endl;
  }

 private:
  static std::int64_t epoch_offset() {
    return std::time(nullptr) -
           std::chrono::duration_cast<Seconds>(read_clock().time_since_epoch()).count();
  }

  void configure() {
    std::string text;
    std::ostringstream whole;
    whole << std::ifstream(options_.private_key_file).rdbuf();
    auto ours = IdentityPrivateKey::parse(whole.str());
    const auto theirs = IdentityPublicKey::parse(options_.gateway_key);
    if (!ours || !theirs) throw std::runtime_error("a key cannot be read");
    std::vector<IkePeerConfig> peers;
    for (unsigned i = 0; i < options_.peers; ++i) {
      IkePeerConfig& peer = peers.emplace_back();
      peer.id = PeerId(i + 1);
      peer.name = "p" + std::to_string(i);
      peer.endpoint = gateway_;
      peer.initiate = false;
      peer.identity = IkeIdentity::from_key(theirs->octets);
      peer.local_identity = *IkeIdentity::parse(peer.name + ".lab");
      peer.auth = RawKeyAuth{*theirs};
      peer.ike_ciphers = {AeadAlgorithm::kAes256Gcm};
      peer.esp_ciphers = {AeadAlgorithm::kAes256Gcm};
      peer.groups = {KeyExchangeGroup::kX25519};
      peer.local = {TrafficSelector::from_prefix({address_of(options_.inner, i), 32})};
      peer.remote = {TrafficSelector::from_prefix(*IpPrefix::parse("0.0.0.0/0"))};
    }
    const IkeIdentity identity = IkeIdentity::from_key(ours->public_key().octets);
    engine_.configure({.identity = identity, .raw_key = std::move(*ours)}, std::move(peers),
                      read_clock());
  }

  // False at the end of standard input.
  bool step() {
    while (begun_ < options_.peers && begun_ < established_ + options_.at_once) {
      engine_.initiate(PeerId(++begun_), read_clock());
    }
    pump();
    pollfd polled[2] = {{socket_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const TimePoint now = read_clock();
    const TimePoint next = engine_.next_timeout().value_or(now + Seconds(1));
    const auto wait =
        std::chrono::ceil<Milliseconds>(std::clamp<Duration>(next - now, Duration(0), Seconds(1)));
    ::poll(polled, 2, static_cast<int>(wait.count()));
    if ((polled[1].revents & (POLLIN | POLLHUP)) != 0) return false;
    while (const auto local = socket_.receive(buffer_)) {
      if (buffer_.size() <= kMarkerSize || load_be32(buffer_.data()) != 0) continue;
      ++messages_;
      engine_.handle_message({.local = {*local, kPort}, .remote = gateway_},
                             MutableByteSpan(buffer_).subspan(kMarkerSize), read_clock());
      pump();
    }
    engine_.handle_timeout(read_clock());
    return true;
  }

  void pump() {
    while (std::optional<IkeTransmit> transmit = engine_.poll_transmit()) {
      ++messages_;
      socket_.send(source_of(*transmit), transmit->bytes);
    }
    while (const std::optional<IkeEvent> event = engine_.poll_event()) {
      if (std::holds_alternative<ChildSending>(*event)) continue;
      established_ += std::holds_alternative<PeerEstablished>(*event) ? 1 : 0;
      lost_ += std::holds_alternative<PeerLost>(*event) ? 1 : 0;
      if (const auto* trouble = std::get_if<PeerTrouble>(&*event)) {
        ++troubles_[trouble->what];
      }
    }
  }

  // Each IKE SA that is begun here gets the next address; the initiator's SPI, first in each
  // message, says which one it is.
  const IpAddress& source_of(const IkeTransmit& transmit) {
    const std::uint64_t spi = load_be64(&transmit.bytes.at(kMarkerSize));
    const auto [place, is_new] = sources_.try_emplace(spi);
    if (is_new) {
      const IpAddress& known = transmit.addresses.local.address;
      const auto next = static_cast<unsigned>(sources_.size() - 1);
      place->second = known == IpAddress() ? address_of(options_.outer, next) : known;
    }
    return place->second;
  }

  Options options_;
  TransportAddress gateway_;
  SystemRandom random_;
  NumberedSpis spis_;
  ManyAddresses socket_;
  IkeEngine engine_;
  std::unordered_map<std::uint64_t, IpAddress> sources_;
  std::vector<std::uint8_t> buffer_;
  std::map<std::string, unsigned> troubles_;
  unsigned begun_ = 0, established_ = 0, lost_ = 0;
  std::uint64_t messages_ = 0;
};

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Options options;
  po::options_description help("hawser-ikepeers --to ADDRESS:PORT ...: many idle peers of one");
  auto add = help.add_options();
  add("help", "this text");
  add("to", po::value(&options.to)->required(), "the gateway");
  add("gateway-key", po::value(&options.gateway_key)->required(), "its public key");
  add("private-key", po::value(&options.private_key_file)->required(), "file with ours");
  add("peers", po::value(&options.peers)->required(), "how many");
  add("at-once", po::value(&options.at_once)->default_value(32), "how many come in at a time");
  add("outer", po::value(&options.outer)->default_value("10.64.0.1"), "their first outer address");
  add("inner", po::value(&options.inner)->default_value("10.128.0.1"), "their first inner address");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, help), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  Peers(options).run();
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-ikepeers", hawser::lab::main_with_options, argc, argv);
}
