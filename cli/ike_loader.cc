// SPDX-License-Identifier: Apache-2.0
#include "cli/ike_loader.h"

#include <array>

#include "cli/config_file.h"
#include "cli/config_value.h"
#include "cli/key_file.h"
#include "cli/manual_sa_loader.h"

namespace hawser {
namespace {

constexpr std::array<std::string_view, 4> kAuthKeys = {"public-key", "public-key-file", "psk-file",
                                                       "ca-file"};

ByteSpan octets_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string value_or(const ConfigSection& section, std::string_view key, std::string fallback) {
  const ConfigEntry* entry = section.find(key);
  return entry != nullptr ? entry->value : std::move(fallback);
}

bool is_yes(const ConfigSection& section, std::string_view key, bool fallback) {
  return value_or(section, key, fallback ? "yes" : "no") == "yes";
}

std::uint64_t number(const ConfigSection& section, std::string_view key) {
  const ConfigKey& info = *find_config_key("peer", key);
  return *parse_number(info, value_or(section, key, std::string(info.default_text)));
}

std::vector<AeadAlgorithm> ciphers(const ConfigSection& section, std::string_view key) {
  const std::string value =
      value_or(section, key, std::string(find_config_key("peer", key)->default_text));
  std::vector<AeadAlgorithm> result;
  for (const std::string_view name : split_list(value)) result.push_back(*aead_from_name(name));
  return result;
}

std::vector<KeyExchangeGroup> groups(const ConfigSection& section) {
  const std::string value = value_or(section, "key-exchange", "x25519, p-256");
  std::vector<KeyExchangeGroup> result;
  for (const std::string_view name : split_list(value)) {
    result.push_back(name == "x25519" ? KeyExchangeGroup::kX25519 : KeyExchangeGroup::kP256);
  }
  return result;
}

TrafficSelectors selectors(const std::vector<IpPrefix>& prefixes) {
  TrafficSelectors result;
  for (const IpPrefix& prefix : prefixes) result.push_back(TrafficSelector::from_prefix(prefix));
  return result;
}

}  // namespace

const ConfigEntry* IkeLoader::find_auth(const ConfigSection& section) {
  for (const std::string_view key : kAuthKeys) {
    if (const ConfigEntry* entry = section.find(key)) return entry;
  }
  return nullptr;
}

std::string IkeLoader::path_of(const ConfigEntry& entry) const {
  return ManualSaLoader::resolve_path(file_, entry.value);
}

std::optional<std::string> IkeLoader::read(const ConfigEntry& entry) {
  auto content = read_config_file(path_of(entry));
  if (content) return std::move(*content);
  fail(entry.line, entry.key, "`" + path_of(entry) + "` " + content.error());
  return std::nullopt;
}

void IkeLoader::load_local(const ConfigSection& section) {
  file_ = section.file;
  if (const ConfigEntry* entry = section.find("private-key-file")) {
    load_private_key(section, *entry);
  }
  if (const ConfigEntry* entry = section.find("certificate-file")) load_certificates(*entry);
  if (const ConfigEntry* entry = section.find("identity")) {
    local_.identity = *IkeIdentity::parse(entry->value);
    has_identity_ = true;
  }
  if (const ConfigEntry* entry = section.find("pool")) pool_ = *parse_networks(entry->value);
  if (const ConfigEntry* entry = section.find("pool-dns")) {
    local_.pool_dns = *parse_addresses(entry->value);
  }
  quiet_ = value_or(section, "quiet", "auto");
  check_local(section);
}

void IkeLoader::load_private_key(const ConfigSection& section, const ConfigEntry& entry) {
  const std::string name = path_of(entry);
  const auto text = read_secret_file(name);
  if (!text) {
    fail(entry.line, entry.key, text.error());
    return;
  }
  if (section.find("certificate-file") != nullptr) {
    auto key = SigningKey::parse_pem(as_text(*text));
    if (key) {
      local_.certificate_key = std::move(*key);
    } else {
      fail(entry.line, entry.key,
           "`" + name + "`: " + key.error().sentence +
               "; write the PEM key that belongs to certificate-file");
    }
    return;
  }
  auto key = IdentityPrivateKey::parse(as_text(*text));
  if (!key) key = IdentityPrivateKey::parse_pem(as_text(*text));
  if (!key) {
    fail(entry.line, entry.key,
         "`" + name + "` holds no private key; make one with `hawser keygen`");
    return;
  }
  local_.raw_key = std::move(*key);
}

void IkeLoader::load_certificates(const ConfigEntry& entry) {
  const auto content = read(entry);
  if (!content) return;
  auto certificates = Certificate::parse_file(octets_of(*content));
  if (!certificates) {
    fail(entry.line, entry.key,
         "`" + path_of(entry) + "`: " + certificates.error().sentence +
             "; write an X.509 certificate");
    return;
  }
  local_.certificates = std::move(*certificates);
  if (!local_.certificate_key) {
    // Said already if it could not be read.
    if (errors_.empty()) {
      fail(entry.line, entry.key, "has no key; write private-key-file, too");
    }
  } else if (!local_.certificate_key->belongs_to(local_.certificates.front())) {
    fail(entry.line, entry.key,
         "is not for the key in private-key-file; write the certificate of that key");
  }
}

void IkeLoader::check_local(const ConfigSection& interface) {
  if (!has_identity_ && local_.raw_key) {
    local_.identity = IkeIdentity::from_key(local_.raw_key->public_key().octets);
    has_identity_ = true;
  }
  if (!has_identity_ && !local_.certificates.empty()) {
    local_.identity =
        IkeIdentity::from_wire(IdType::kDerDn, local_.certificates.front().subject_der());
    has_identity_ = true;
  }
  if (const ConfigEntry* dns = interface.find("pool-dns"); dns != nullptr && pool_.empty()) {
    fail(dns->line, dns->key, "is told with addresses of a pool only; write pool, too");
  }
  const ConfigEntry* quiet = interface.find("quiet");
  if (quiet_ == "yes" && !local_.raw_key) {
    fail(quiet->line, quiet->key, "needs a key of ours; write private-key-file from hawser keygen");
  }
}

bool IkeLoader::check_ours(const ConfigSection& section, const ConfigEntry& auth) {
  if (auth.key.starts_with("public-key") && !local_.raw_key) {
    return fail(auth.line, auth.key,
                "needs a key of ours, too; write private-key-file in [interface], made by "
                "`hawser keygen`, and no certificate-file");
  }
  if (auth.key == "ca-file" && local_.certificates.empty()) {
    return fail(auth.line, auth.key,
                "needs a certificate of ours, too; write certificate-file and private-key-file in "
                "[interface]");
  }
  if (!has_identity_) {
    return fail(section.line, section.title(),
                "does not know who we are; write identity in [interface]");
  }
  return true;
}

std::optional<IkePeerSettings> IkeLoader::load_peer(const ConfigSection& section,
                                                    const std::vector<IpPrefix>& remote) {
  file_ = section.file;
  const ConfigEntry& auth = *find_auth(section);
  IkePeerSettings settings;
  IkePeerConfig& peer = settings.config;
  peer.interop = is_yes(section, "interop", false);
  const std::string initiate = value_or(section, "initiate", "yes");
  peer.initiate = initiate == "yes";
  settings.on_demand = initiate == "on-demand";
  peer.ike_ciphers = ciphers(section, "ike-ciphers");
  peer.esp_ciphers = ciphers(section, "esp-ciphers");
  peer.groups = groups(section);
  peer.pfs = is_yes(section, "pfs", true);
  peer.remote = selectors(remote);
  peer.local = selectors(*parse_networks(value_or(section, "local-networks", "0.0.0.0/0, ::/0")));
  peer.request_address = is_yes(section, "virtual-address", false);
  peer.give_address = !pool_.empty() && !peer.request_address;
  peer.rekey_time = Seconds(number(section, "rekey-time"));
  peer.ike_rekey_time = Seconds(number(section, "ike-rekey-time"));
  peer.dead_peer_interval = Seconds(number(section, "dpd"));
  settings.rekey_bytes = number(section, "rekey-bytes");
  settings.rekey_packets = number(section, "rekey-packets");
  settings.replay_window = *parse_window(*find_config_key("peer", "replay-window"),
                                         value_or(section, "replay-window", "auto"));
  const bool good = load_auth(section, auth, peer) && check_ours(section, auth) &&
                    load_identity(section, peer) && load_post_quantum_key(section, peer);
  if (peer.interop || auth.key == "psk-file" || auth.key == "ca-file") all_may_be_quiet_ = false;
  if (!good) return std::nullopt;
  return settings;
}

bool IkeLoader::load_auth(const ConfigSection& section, const ConfigEntry& auth,
                          IkePeerConfig& peer) {
  for (const std::string_view key : kAuthKeys) {
    const ConfigEntry* other = section.find(key);
    if (other == nullptr || other == &auth) continue;
    return fail(other->line, other->key,
                "is a second way to know the peer beside `" + auth.key + "`; write one of them");
  }
  if (auth.key == "ca-file") return load_authorities(section, auth, peer);
  if (const ConfigEntry* crl = section.find("crl-file")) {
    return fail(crl->line, crl->key, "is of use with ca-file only; remove it");
  }
  if (auth.key != "psk-file") return load_public_key(auth, peer);
  auto key = read_shared_key_file(path_of(auth));
  if (!key) return fail(auth.line, auth.key, key.error());
  peer.auth = SharedKeyAuth{std::move(*key)};
  return true;
}

bool IkeLoader::load_public_key(const ConfigEntry& entry, IkePeerConfig& peer) {
  std::optional<IdentityPublicKey> key;
  if (entry.key == "public-key") {
    key = IdentityPublicKey::parse(entry.value);
  } else {
    const auto text = read(entry);
    if (!text) return false;
    key = IdentityPublicKey::parse_pem(*text);
    if (!key) key = IdentityPublicKey::parse(trim_text(*text));
    if (!key) {
      return fail(entry.line, entry.key,
                  "`" + path_of(entry) +
                      "` holds no Ed25519 public key; write what `hawser pubkey` or `openssl pkey "
                      "-pubout` makes");
    }
  }
  if (local_.raw_key && local_.raw_key->public_key() == *key) {
    return fail(entry.line, entry.key,
                "is our own; write what `hawser pubkey` makes of the peer's private key");
  }
  peer.auth = RawKeyAuth{*key};
  return true;
}

bool IkeLoader::load_authorities(const ConfigSection& section, const ConfigEntry& entry,
                                 IkePeerConfig& peer) {
  const auto content = read(entry);
  if (!content) return false;
  CertificateAuth auth;
  if (auto added = auth.store.add_trust_anchors(octets_of(*content)); !added) {
    return fail(entry.line, entry.key,
                "`" + path_of(entry) + "`: " + added.error().sentence +
                    "; write the certificate of who signs the peer's");
  }
  if (const ConfigEntry* crl = section.find("crl-file")) {
    const auto list = read(*crl);
    if (!list) return false;
    if (auto added = auth.store.add_crls(octets_of(*list)); !added) {
      return fail(crl->line, crl->key,
                  "`" + path_of(*crl) + "`: " + added.error().sentence +
                      "; write the CRL of who signs the peer's certificate");
    }
  }
  peer.auth = std::move(auth);
  return true;
}

bool IkeLoader::load_identity(const ConfigSection& section, IkePeerConfig& peer) {
  const ConfigEntry* entry = section.find("identity");
  if (entry != nullptr) {
    peer.identity = *IkeIdentity::parse(entry->value);
  } else if (const auto* raw = std::get_if<RawKeyAuth>(&peer.auth)) {
    peer.identity = IkeIdentity::from_key(raw->key.octets);
  } else {
    return fail(section.line, "identity",
                "is missing in " + section.title() + "; write who the peer says it is");
  }
  const unsigned line = entry != nullptr ? entry->line : section.line;
  const std::string key = entry != nullptr ? entry->key : section.title();
  if (peer.identity.same_as(local_.identity)) {
    return fail(line, key, "is who we are ourselves; write who the peer says it is");
  }
  std::vector<std::uint8_t> name = peer.identity.data;
  name.insert(name.begin(), peer.identity.type);
  const auto [other, is_new] = identities_.emplace(std::move(name), section.title());
  if (is_new) return true;
  return fail(line, key,
              "is the identity of " + other->second +
                  ", too, so they cannot be told apart; give each its own");
}

bool IkeLoader::load_post_quantum_key(const ConfigSection& section, IkePeerConfig& peer) {
  const ConfigEntry* file = section.find("ppk-file");
  const ConfigEntry* id = section.find("ppk-id");
  if (file == nullptr) {
    const ConfigEntry* other = id != nullptr ? id : section.find("ppk-required");
    if (other == nullptr) return true;
    return fail(other->line, other->key, "is of use with ppk-file only; write that, too");
  }
  if (id == nullptr) {
    return fail(file->line, file->key, "has no name; write ppk-id, the same at both ends");
  }
  auto key = read_shared_key_file(path_of(*file));
  if (!key) return fail(file->line, file->key, key.error());
  peer.post_quantum_key =
      PostQuantumKey{id->value, std::move(*key), is_yes(section, "ppk-required", true)};
  return true;
}

IkeLocalConfig IkeLoader::take_local() {
  local_.quiet =
      quiet_ == "yes" || (quiet_ == "auto" && all_may_be_quiet_ && local_.raw_key.has_value());
  return std::move(local_);
}

}  // namespace hawser
