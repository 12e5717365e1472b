// SPDX-License-Identifier: Apache-2.0
#include "cli/key_commands.h"

#include <cstdio>
#include <iostream>

#include "cli/config_loader.h"
#include "cli/exit_code.h"
#include "cli/key_file.h"
#include "crypto/system_random.h"

namespace hawser {
namespace {

int usage(std::string_view sentence) {
  print_error(sentence);
  return kExitUsage;
}

int make_manual_keys(const CommandLine& line) {
  if (line.arguments.size() != 3) {
    return usage("keygen --manual takes CIPHER FILE_A FILE_B; see hawser keygen --help");
  }
  const auto cipher = aead_from_name(line.arguments[0]);
  if (!cipher) {
    return usage("`" + line.arguments[0] +
                 "` is no cipher; write aes-256-gcm, aes-128-gcm or chacha20-poly1305");
  }
  const std::string& file_a = line.arguments[1];
  const std::string& file_b = line.arguments[2];
  SystemRandom random;
  const MirroredKeys keys = make_mirrored_keys(*cipher, random);
  if (auto ok = write_secret_file(file_a, key_file_text(keys.a).bytes()); !ok) {
    print_error(ok.error());
    return kExitFailed;
  }
  if (auto ok = write_secret_file(file_b, key_file_text(keys.b).bytes()); !ok) {
    print_error(ok.error());
    std::remove(file_a.c_str());
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace

void print_error(std::string_view sentence) { std::cerr << "hawser: " << sentence << '\n'; }

int run_keygen(const CommandLine& line) {
  if (line.manual) return make_manual_keys(line);
  if (!line.arguments.empty()) return usage("keygen takes no arguments; see hawser keygen --help");
  SystemRandom random;
  const Secret text = IdentityPrivateKey::generate(random).to_text();
  std::cout << as_text(text) << std::endl;
  return std::cout ? kExitDone : kExitFailed;
}

int run_genpsk(const CommandLine& line) {
  if (!line.arguments.empty()) {
    return usage(line.command + " takes no arguments; see hawser " + line.command + " --help");
  }
  SystemRandom random;
  const Secret text = make_shared_key_text(random);
  std::cout << as_text(text) << std::flush;
  return std::cout ? kExitDone : kExitFailed;
}

int run_pubkey(const CommandLine& line) {
  if (!line.arguments.empty()) {
    return usage("pubkey takes no arguments: it reads the private key from standard input");
  }
  Secret text(4096);
  const std::size_t size = std::fread(text.bytes().data(), 1, text.size(), stdin);
  const auto key = IdentityPrivateKey::parse(as_text(text).substr(0, size));
  if (!key) {
    print_error("standard input holds no private key; give what `hawser keygen` printed");
    return kExitFailed;
  }
  const IdentityPublicKey pub = key->public_key();
  std::cout << (line.pem ? pub.to_pem() : pub.to_string() + "\n") << std::flush;
  return std::cout ? kExitDone : kExitFailed;
}

int run_check(const CommandLine& line) {
  if (line.arguments.size() != 1) return usage("check takes one FILE; see hawser check --help");
  const std::string file = config_file_of(line.arguments[0]);
  const auto config = load_config(file);
  if (!config) {
    for (const ConfigError& error : config.error()) std::cerr << error.to_string() << '\n';
    return kExitUsage;
  }
  const std::size_t peers = config->endpoint.peers.size();
  std::cout << file << ": good: interface " << config->interface.name << ", MTU "
            << config->interface.mtu << ", " << peers << (peers == 1 ? " peer" : " peers") << '\n';
  return kExitDone;
}

}  // namespace hawser
