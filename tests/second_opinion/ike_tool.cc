// SPDX-License-Identifier: Apache-2.0
// Two IKE engines make an IKE SA and rekey it and its child SAs, each end once. Prints all that an
// onlooker who also knows the secrets needs to compute every key again:
//
//   draw OCTETS                     32 octets of randomness; some are private keys
//   public left|right OCTETS        their Ed25519 public keys
//   message left|right OCTETS       sent by that end, without the non-ESP marker
//   child left|right SPI-IN SPI-OUT KEY-IN KEY-OUT
//                                   that end was told to install (keys with their salts)
//
// Usage: ike_tool AUTH CIPHER GROUP PPK COUNT. AUTH: raw or psk; GROUP: x25519 or p-256, or one of
// them and +kem, with a fake in the place of ML-KEM (tests/ike-lite/fake_key_encapsulation.h); PPK:
// none, required, optional or unlike (optional, and each end has another); COUNT: child SAs of a
// set.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/ike-lite/engine_pair.h"
#include "tests/ike-lite/fake_key_encapsulation.h"

namespace hawser {
namespace {

std::string to_hex(ByteSpan octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

class PrintingRandom final : public Random {
 public:
  explicit PrintingRandom(Random& source) : source_(source) {}
  void fill(MutableByteSpan bytes) override {
    source_.fill(bytes);
    if (bytes.size() == 32) std::cout << "draw " << to_hex(bytes) << "\n";
  }

 private:
  Random& source_;
};

void configure(EnginePair& pair, const std::vector<std::string>& words) {
  if (words[0] == "psk") pair.use_shared_key("correct horse", "correct horse");
  fake_key_encapsulation().is_available = words[2].ends_with("+kem");
  const std::vector<std::uint8_t> ppk(32, 0x42);
  for (Site* site : {&pair.left, &pair.right}) {
    site->peer.ike_ciphers = {*aead_from_name(words[1])};
    site->peer.esp_ciphers = site->peer.ike_ciphers;
    site->peer.groups = {words[2].starts_with("p-256") ? KeyExchangeGroup::kP256
                                                       : KeyExchangeGroup::kX25519};
    site->peer.child_sas = static_cast<unsigned>(std::stoul(words[4]));
    if (words[3] != "none") {
      site->peer.post_quantum_key = PostQuantumKey{.id = words[3] == "unlike" ? site->name : "ppk",
                                                   .key = Secret::copy_of(ppk),
                                                   .required = words[3] == "required"};
    }
  }
}

void print_children(const Site& site) {
  for (const ChildInstalled* event : site.all<ChildInstalled>()) {
    for (const ChildSaPair& sa : event->sas) {
      std::cout << "child " << site.name << " " << sa.spi_in.value() << " " << sa.spi_out.value()
                << " " << to_hex(sa.key_in.key_and_salt.bytes()) << " "
                << to_hex(sa.key_out.key_and_salt.bytes()) << "\n";
    }
  }
}

// Every kind of key derivation, begun by either end; false if one does not come about.
bool rekey_all(EnginePair& pair) {
  const auto settle = [&pair](bool begun) {
    pair.collect(pair.left);
    pair.collect(pair.right);
    pair.run_for(Seconds(20));
    return begun;
  };
  const PeerId peer = pair.left.peer.id;
  return settle(pair.left.engine->rekey_child(peer, pair.now)) &&
         settle(pair.right.engine->rekey_child(peer, pair.now)) &&
         settle(pair.left.engine->rekey_ike(peer, pair.now)) &&
         settle(pair.right.engine->rekey_child(peer, pair.now)) &&
         settle(pair.right.engine->rekey_ike(peer, pair.now)) &&
         settle(pair.left.engine->rekey_child(peer, pair.now));
}

int run(const std::vector<std::string>& words) {
  EnginePair pair;
  PrintingRandom left_random(pair.left.random);
  PrintingRandom right_random(pair.right.random);
  pair.left.options.random = &left_random;
  pair.right.options.random = &right_random;
  configure(pair, words);
  for (const Site* site : {&pair.left, &pair.right}) {
    std::cout << "public " << site->name << " " << to_hex(site->local.raw_key->public_key().octets)
              << "\n";
  }
  pair.lose = [](const Datagram& datagram) {
    const ByteSpan message(datagram.bytes);
    const std::size_t marker = datagram.addresses.local.port == kIkePort ? 0 : 4;
    std::cout << "message " << datagram.from << " " << to_hex(message.subspan(marker)) << "\n";
    return false;
  };
  pair.start();
  if (!pair.run_until_established() || !rekey_all(pair)) {
    for (const std::string& line : pair.left.events) std::cerr << "left: " << line << "\n";
    for (const std::string& line : pair.right.events) std::cerr << "right: " << line << "\n";
    return EXIT_FAILURE;
  }
  print_children(pair.left);
  print_children(pair.right);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 5 || !hawser::aead_from_name(words[1])) {
    std::cerr << "usage: ike_tool raw|psk CIPHER x25519|p-256[+kem] none|required|optional|unlike "
                 "COUNT\n";
    return 2;
  }
  return hawser::run(words);
}
