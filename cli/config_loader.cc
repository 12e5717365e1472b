// SPDX-License-Identifier: Apache-2.0
#include "cli/config_loader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>
#include <unordered_map>

#include "cli/config_file.h"
#include "cli/config_value.h"
#include "cli/ike_loader.h"
#include "cli/manual_sa_loader.h"
#include "cli/path_loader.h"
#include "ike-lite/ike_types.h"
#include "multipath/shim.h"
#include "tunnel/esp_packet.h"

namespace hawser {
namespace {

constexpr std::size_t kOuterMtu = 1500;
constexpr std::uint16_t kInteropMtu = 1400;  // what strongSwan's own device has
constexpr std::uint16_t kIpv6MinMtu = 1280;  // RFC 8200 section 5

IoOptions parse_offload(std::string_view value) {
  if (value == "auto") return IoOptions::full();
  IoOptions options = IoOptions::plain();
  for (const std::string_view word : split_list(value)) {
    if (word == "tun-tso") options.tun.tso = true;
    if (word == "tun-uso") options.tun.uso = true;
    if (word == "udp-gso") options.udp.gso = true;
    if (word == "udp-gro") options.udp.gro = true;
    if (word == "batch") options.udp.batch = true;
  }
  options.tun.vnet_hdr = options.tun.tso || options.tun.uso;
  return options;
}

// Second half of the checks: what needs several lines or other files. Values have the right
// form already.
class Builder {
 public:
  explicit Builder(const ConfigText& text)
      : text_(text), sas_(errors_), ike_(errors_), paths_(errors_) {}

  Result<Config, ConfigErrors> build() && {
    config_.file = text_.file;
    for (const ConfigSection& section : text_.sections) {
      sections_.emplace(section.title(), &section);
      if (section.file == text_.file) config_.lines.emplace(section.title(), section.line);
      const bool is_interface = section.name == "interface";
      for (const ConfigEntry& entry : section.entries) {
        config_.lines.emplace(is_interface ? entry.key : section.title() + " " + entry.key,
                              entry.line);
      }
    }
    build_interface();
    for (const ConfigSection& section : text_.sections) {
      if (section.name == "peer") build_peer(section);
      if (section.name == "path") paths_.load_path(section);
      if (section.name == "class") paths_.load_class(section);
    }
    config_.endpoint.multipath = paths_.config();
    check_sections();
    check_overlaps();
    if (errors_.empty()) set_mtu();
    config_.endpoint.ike = ike_.take_local();
    if (!errors_.empty()) {
      std::ranges::stable_sort(errors_, [&](const ConfigError& a, const ConfigError& b) {
        const bool a_is_key_file = a.file != text_.file;
        const bool b_is_key_file = b.file != text_.file;
        return std::tie(a_is_key_file, a.file, a.line) < std::tie(b_is_key_file, b.file, b.line);
      });
      return failure(std::move(errors_));
    }
    return std::move(config_);
  }

 private:
  void fail(unsigned line, std::string key, std::string what) {
    errors_.push_back({file_, line, std::move(key), std::move(what)});
  }
  // Many peers make a long search of ConfigText's own.
  const ConfigSection* find(const std::string& name, const std::string& instance) const {
    const auto found = sections_.find("[" + name + "." + instance + "]");
    return found == sections_.end() ? nullptr : found->second;
  }

  std::uint64_t number(const ConfigSection& section, std::string_view key,
                       std::uint64_t fallback) const {
    const ConfigEntry* entry = section.find(key);
    if (entry == nullptr) return fallback;
    return *parse_number(*find_config_key(section.name, key), entry->value);
  }

  void build_interface();
  void build_running(const ConfigSection& section);
  void build_peer(const ConfigSection& section);
  void build_keys(const ConfigSection& section, PeerConfig& peer);
  void build_allowed_ips(const ConfigSection& section, PeerConfig& peer);
  void build_endpoint(const ConfigEntry& entry, PeerConfig& peer);
  void check_sections();
  void check_overlaps();
  void set_mtu();

  const ConfigText& text_;
  std::string file_;  // of the section that is built
  std::unordered_map<std::string, const ConfigSection*> sections_;
  ConfigErrors errors_;
  ManualSaLoader sas_;
  IkeLoader ike_;
  PathLoader paths_;
  Config config_;
};

void Builder::build_interface() {
  file_ = text_.file;
  InterfaceConfig& interface = config_.interface;
  const ConfigSection* section = text_.find("interface", "");
  if (section == nullptr) {
    return fail(1, "[interface]", "is missing; write a section [interface], it may be empty");
  }
  if (const ConfigEntry* entry = section->find("name")) {
    interface.name = entry->value;
  } else {
    interface.name = default_interface_name(text_.file);
    if (!is_interface_name(interface.name)) {
      fail(section->line, "name",
           "is missing, and the file's name can't name an interface; write name = hw0");
    }
  }
  if (const ConfigEntry* entry = section->find("address")) {
    interface.addresses = *parse_prefixes(entry->value);
  }
  interface.mtu = static_cast<std::uint16_t>(number(*section, "mtu", 0));
  interface.listen_port = static_cast<std::uint16_t>(number(*section, "listen-port", 4500));
  interface.workers = static_cast<unsigned>(number(*section, "workers", 1));
  if (const ConfigEntry* entry = section->find("io")) interface.io = entry->value;
  if (const ConfigEntry* entry = section->find("offload")) {
    interface.offload = parse_offload(entry->value);
  }
  const ConfigEntry* table = section->find("table");
  interface.routes = table == nullptr || table->value != "off";
  if (interface.routes && table != nullptr && table->value != "auto") {
    interface.table = static_cast<std::uint32_t>(number(*section, "table", 0));
  }
  const ConfigEntry* clamp = section->find("mss-clamp");
  interface.mss_clamp = clamp == nullptr || clamp->value == "yes";
  build_running(*section);
  const ConfigEntry* sandbox = section->find("sandbox");
  interface.sandbox = sandbox == nullptr || sandbox->value == "yes";
  ike_.load_local(*section);
  interface.pool = ike_.pool();
  paths_.load_interface(*section, interface.name);
}

// What the daemon does beside its tunnel.
void Builder::build_running(const ConfigSection& section) {
  InterfaceConfig& interface = config_.interface;
  const ConfigEntry* nat = section.find("nat");
  interface.nat = nat != nullptr && nat->value == "yes";
  if (const ConfigEntry* entry = section.find("post-up")) interface.post_up = entry->value;
  if (const ConfigEntry* entry = section.find("pre-down")) interface.pre_down = entry->value;
  if (const ConfigEntry* entry = section.find("nice")) {
    interface.priority.nice = *parse_nice(*find_config_key("interface", "nice"), entry->value);
  }
  if (const ConfigEntry* entry = section.find("scheduler")) {
    interface.priority.scheduler = entry->value;
  }
}

void Builder::build_peer(const ConfigSection& section) {
  file_ = section.file;
  PeerConfig peer;
  peer.name = section.instance;
  peer.keepalive = Seconds(number(section, "keepalive", 0));
  build_allowed_ips(section, peer);
  if (const ConfigEntry* entry = section.find("endpoint")) build_endpoint(*entry, peer);
  build_keys(section, peer);
  config_.endpoint.peers.push_back(std::move(peer));
}

void Builder::build_keys(const ConfigSection& section, PeerConfig& peer) {
  const ConfigSection* sa = find("sa", section.instance);
  const ConfigEntry* auth = IkeLoader::find_auth(section);
  if (sa != nullptr && auth != nullptr) {
    return fail(auth->line, auth->key,
                "is for IKE, but " + sa->title() + " has manual keys; remove one of them");
  }
  if (sa != nullptr) {
    if (auto manual = sas_.load(*sa)) peer.sas.push_back(std::move(*manual));
    return;
  }
  if (auth == nullptr) {
    return fail(section.line, section.title(),
                "has no keys; write public-key = what the peer's `hawser pubkey` prints, or "
                "psk-file, or ca-file, or a section [sa." +
                    section.instance + "] with manual keys");
  }
  const bool from_pool = peer.allowed_ips.empty();
  peer.ike = ike_.load_peer(section, from_pool ? ike_.pool() : peer.allowed_ips);
  if (!peer.ike) return;
  config_.interface.ike_port = config_.interface.ike_port || peer.ike->config.interop;
  if (config_.interface.listen_port == kIkePort) {
    fail(config_.line_of("listen-port"), "listen-port",
         "is the port of IKE alone; write another one, such as 4500");
  }
}

void Builder::build_allowed_ips(const ConfigSection& section, PeerConfig& peer) {
  const ConfigEntry* entry = section.find("allowed-ips");
  if (entry == nullptr && !ike_.pool().empty()) return;  // it gets an address
  if (entry == nullptr) {
    return fail(section.line, "allowed-ips",
                "is missing in " + section.title() + "; write the networks behind the peer");
  }
  peer.allowed_ips = *parse_networks(entry->value);
}

void Builder::build_endpoint(const ConfigEntry& entry, PeerConfig& peer) {
  const HostAndPort where = *parse_endpoint(entry.value);
  if (const auto address = IpAddress::parse(where.host)) {
    peer.endpoint = TransportAddress{*address, where.port};
    return;
  }
  config_.host_names.emplace(peer.name, where);
}

void Builder::check_sections() {
  const unsigned last = text_.sections.empty() ? 1 : text_.sections.back().line;
  bool has_peer = false;
  for (const ConfigSection& section : text_.sections) {
    has_peer = has_peer || section.name == "peer";
    file_ = section.file;
    if (section.name == "sa" && find("peer", section.instance) == nullptr) {
      fail(section.line, section.title(),
           "has no peer; write a section [peer." + section.instance + "]");
    }
  }
  file_ = text_.file;
  const bool has_sa = std::ranges::any_of(
      text_.sections, [](const ConfigSection& section) { return section.name == "sa"; });
  if (!has_peer && !has_sa && text_.find("interface", "") != nullptr) {
    fail(last, "[peer.NAME]", "is missing; write at least one peer");
  }
}

// Of networks that overlap the longer one counts, as with routes; equal ones leave no choice.
void Builder::check_overlaps() {
  std::map<IpPrefix, std::string_view> owners;
  for (const PeerConfig& peer : config_.endpoint.peers) {
    for (const IpPrefix& prefix : peer.allowed_ips) {
      const auto [other, is_new] = owners.emplace(prefix, peer.name);
      if (is_new) continue;
      const ConfigSection& section = *find("peer", peer.name);
      const ConfigEntry* entry = section.find("allowed-ips");
      file_ = section.file;
      fail(entry->line, entry->key,
           "`" + prefix.to_string() + "` is behind [peer." + std::string(other->second) +
               "], too; an address can be behind one peer only");
      return;
    }
  }
}

void Builder::set_mtu() {
  InterfaceConfig& interface = config_.interface;
  const bool given = interface.mtu != 0;
  std::uint16_t smallest = 0xffff;
  bool has_v6 = false;
  for (const IpPrefix& prefix : interface.addresses) has_v6 = has_v6 || !prefix.address.is_v4();
  for (PeerConfig& peer : config_.endpoint.peers) {
    const bool outer_is_v4 = peer.endpoint && peer.endpoint->address.is_v4();
    auto fits = static_cast<std::uint16_t>(esp_inner_mtu(kOuterMtu, outer_is_v4));
    if (peer.ike && peer.ike->config.interop) {
      fits = std::min(fits, kInteropMtu);
    } else if (peer.ike && config_.endpoint.multipath.is_on) {
      fits = static_cast<std::uint16_t>(fits - kShimSize);
    }
    peer.effective_mtu = given ? interface.mtu : fits;
    smallest = std::min(smallest, peer.effective_mtu);
    peer.clamp_mss = interface.mss_clamp;
    for (const IpPrefix& prefix : peer.allowed_ips) has_v6 = has_v6 || !prefix.address.is_v4();
  }
  interface.mtu = smallest;
  if (has_v6 && smallest < kIpv6MinMtu) {
    const ConfigEntry* entry = text_.find("interface", "")->find("mtu");
    fail(entry->line, entry->key,
         "`" + entry->value + "` is too small for IPv6 inside; write at least 1280");
  }
}

}  // namespace

std::string default_interface_name(const std::string& file) {
  const std::filesystem::path path(file);
  return (path.extension() == ".conf" ? path.stem() : path.filename()).string();
}

Result<Config, ConfigErrors> load_config(const std::string& file) {
  const auto text = read_config_text(file);
  if (!text) return failure(text.error());
  return Builder(*text).build();
}

}  // namespace hawser
