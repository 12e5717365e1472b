// SPDX-License-Identifier: Apache-2.0
// Seals and opens single ESP packets with the tunnel's own SAs, for a second implementation to
// check. Reads commands from standard input, a line each, and answers each with a line:
//
//   out CIPHER KEY SPI ESN FIRST   a new SA to send on           -> ok
//   in CIPHER KEY SPI ESN          a new SA to receive on        -> ok
//   seal INNER                     with the last `out`           -> PACKET
//   open PACKET                    with the last `in`            -> NEXT-HEADER PAYLOAD | drop
//   REASON
//
// KEY (the cipher's key and 4 octets of salt), INNER, PACKET and PAYLOAD in hexadecimal; SPI and
// FIRST are numbers; ESN is yes or no. What cannot be understood ends the program with status 2.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tunnel/inbound_sa.h"
#include "tunnel/outbound_sa.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "esp_tool: " << why << "\n";
  std::exit(2);
}

Octets from_hex(const std::string& text) {
  if (text.size() % 2 != 0) fail("odd number of hexadecimal digits");
  Octets octets;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

std::string to_hex(ByteSpan octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

struct SaArguments {
  SaKey key;
  Spi spi;
  bool esn = false;
};

SaArguments read_sa(std::istream& line) {
  std::string cipher, key, spi, esn;
  line >> cipher >> key >> spi >> esn;
  const auto algorithm = aead_from_name(cipher);
  if (!algorithm || (esn != "yes" && esn != "no")) fail("in|out CIPHER KEY SPI yes|no ...");
  SaArguments sa{{*algorithm, Secret::copy_of(from_hex(key))},
                 Spi(static_cast<std::uint32_t>(std::stoul(spi, nullptr, 0))),
                 esn == "yes"};
  if (!sa.key.is_complete()) fail("a key of the wrong size");
  return sa;
}

class EspTool {
 public:
  std::string handle(const std::string& text) {
    std::istringstream line(text);
    std::string command, argument;
    line >> command;
    if (command == "out") return make_outbound(line);
    if (command == "in") return make_inbound(line);
    line >> argument;
    if (command == "seal" && outbound_) return seal(from_hex(argument));
    if (command == "open" && inbound_) return open(from_hex(argument));
    fail("cannot do: " + text);
  }

 private:
  std::string make_outbound(std::istream& line) {
    SaArguments sa = read_sa(line);
    std::uint64_t first = 0;
    if (!(line >> first)) fail("no first sequence number");
    auto made = OutboundSa::make(
        {.peer = PeerId(1), .spi = sa.spi, .esn = sa.esn, .first = SequenceNumber(first)},
        std::move(sa.key));
    if (!made) fail("no such AEAD here");
    outbound_ = std::move(*made);
    return "ok";
  }

  std::string make_inbound(std::istream& line) {
    SaArguments sa = read_sa(line);
    auto made =
        InboundSa::make({.peer = PeerId(1), .spi = sa.spi, .esn = sa.esn}, std::move(sa.key));
    if (!made) fail("no such AEAD here");
    inbound_ = std::move(*made);
    return "ok";
  }

  std::string seal(const Octets& inner) {
    Octets packet(esp_sealed_size(inner.size()));
    std::copy(inner.begin(), inner.end(), packet.begin() + kEspHeadroom);
    const bool is_v6 = !inner.empty() && inner[0] >> 4 == 6;
    AeadPacket job;
    if (!outbound_->prepare(packet.data(), inner.size(), is_v6 ? kNextHeaderIpv6 : kNextHeaderIpv4,
                            job)) {
      return "exhausted";
    }
    outbound_->seal({&job, 1});
    return to_hex(packet);
  }

  std::string open(Octets packet) {
    AeadPacket job;
    const auto pending = inbound_->prepare(packet, job, TimePoint());
    if (!pending) return "drop " + std::string(drop_reason_name(pending.error()));
    inbound_->open({&job, 1});
    const auto opened = inbound_->finish(*pending, job);
    inbound_->end_batch(TimePoint());
    if (!opened) return "drop " + std::string(drop_reason_name(opened.error()));
    return std::to_string(opened->next_header) + " " + to_hex(opened->payload);
  }

  std::unique_ptr<OutboundSa> outbound_;
  std::unique_ptr<InboundSa> inbound_;
};

}  // namespace
}  // namespace hawser

int main() {
  hawser::EspTool tool;
  std::string line;
  while (std::getline(std::cin, line)) std::cout << tool.handle(line) << std::endl;
  return 0;
}
