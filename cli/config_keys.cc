// SPDX-License-Identifier: Apache-2.0
#include "cli/config_keys.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "multipath/multipath_config.h"

namespace hawser {
namespace {

constexpr std::array kSections = {
    ConfigSectionInfo{"interface", false, "The TUN device and how packets get in and out of it."},
    ConfigSectionInfo{"peer", true, "Who is at the other end, and what is behind it."},
    ConfigSectionInfo{"sa", true, "Manual keys for the [peer.NAME] of the same name."},
    ConfigSectionInfo{"path", true,
                      "What you know of an interface that packets to peers may leave by. Those "
                      "without a section are used as well."},
    ConfigSectionInfo{"class", true,
                      "What belongs to a class of traffic, and how it goes. NAME is `real-time`, "
                      "`interactive` or `bulk`."},
};

constexpr std::array kKeys = {
    ConfigKey{"interface", "name", ConfigType::kName, "name", "the file's name without `.conf`",
              "1 to 15 of `A-Za-z0-9._-`",
              "Name of the TUN device, and of the tunnel in `hawser`."},
    ConfigKey{"interface", "address", ConfigType::kPrefixes, "list of addresses", "none",
              "IPv4 or IPv6, with `/LENGTH`",
              "Addresses of the TUN device. Without `/LENGTH` the single address."},
    ConfigKey{"interface", "mtu", ConfigType::kNumber, "number",
              "1430, or 1410 if a peer's endpoint is IPv6, a host name or unknown", "576 to 9000",
              "MTU of the TUN device in octets. The default fits an outer MTU of 1500; without "
              "`multipath`, or with manual keys, it is 8 more.",
              576, 9000},
    ConfigKey{"interface", "listen-port", ConfigType::kNumber, "number", "4500", "1 to 65535",
              "UDP port for ESP, on all IPv4 and IPv6 addresses.", 1, 65535},
    ConfigKey{"interface", "workers", ConfigType::kNumber, "number", "1", "1",
              "Threads that move packets. This version has one.", 1, 1},
    ConfigKey{"interface", "io", ConfigType::kChoice, "word", "auto", "auto | epoll",
              "How the daemon waits for packets. `auto` takes the best that works here."},
    ConfigKey{"interface", "offload", ConfigType::kWords, "word or list", "auto",
              "auto | off | tun-tso | tun-uso | udp-gso | udp-gro | batch",
              "Offloads to use where the system has them; a list allows only those. `off` is one "
              "packet per system call."},
    ConfigKey{
        "interface", "table", ConfigType::kTable, "word or number", "auto",
        "auto | off, or 1 to 4294967295",
        "Where the routes to `allowed-ips` go. `auto`: to the main table, and a default route "
        "to a table of its own with rules that keep the tunnel's own packets out of it. A "
        "number: all of them to that table, and no rules.",
        1, 4294967295},
    ConfigKey{"interface", "mss-clamp", ConfigType::kChoice, "word", "yes", "yes | no",
              "Lower the MSS of TCP connections through the tunnel to what fits."},
    ConfigKey{
        "interface", "sandbox", ConfigType::kChoice, "word", "yes", "yes | no",
        "After the start only the system calls that the daemon needs are left to it; any other "
        "kills it."},
    ConfigKey{"interface", "nat", ConfigType::kChoice, "word", "no", "yes | no",
              "`yes` makes this host a gateway: it forwards, and what comes in through the tunnel "
              "and leaves by another interface gets this host's address."},
    ConfigKey{
        "interface", "post-up", ConfigType::kCommand, "command", "none", "a line for `/bin/sh -c`",
        "Run when the tunnel works, for at most 30 s; `HAWSER_INTERFACE` is the device's name. "
        "If it fails, the start fails."},
    ConfigKey{"interface", "pre-down", ConfigType::kCommand, "command", "none",
              "a line for `/bin/sh -c`", "The same before the tunnel ends; a failure is logged."},
    ConfigKey{"interface", "nice", ConfigType::kNice, "number", "as started", "-20 to 19",
              "Share of the processor that the daemon gets; -20 is the largest."},
    ConfigKey{"interface", "scheduler", ConfigType::kChoice, "word", "other", "other | batch | rr",
              "The kernel's scheduling policy for the daemon. `rr` goes before everything that is "
              "not real-time."},
    ConfigKey{
        "interface", "private-key-file", ConfigType::kFile, "file", "none",
        "as `hawser keygen` writes it, mode 0600",
        "Our Ed25519 private key. Not needed while every peer has manual keys or a shared one. "
        "With `certificate-file` the PEM key that belongs to it."},
    ConfigKey{"interface", "certificate-file", ConfigType::kFile, "file", "none",
              "X.509, PEM or DER",
              "Our certificate, and behind it those between it and the peer's `ca-file`."},
    ConfigKey{"interface", "identity", ConfigType::kIdentity, "identity", "our public key",
              "name, address, `user@domain` or `key:HEX`",
              "Who we say we are. Needed if there is no key to be named by."},
    ConfigKey{
        "interface", "pool", ConfigType::kNetworks, "list of networks", "none",
        "IPv4 or IPv6, with `/LENGTH`",
        "Addresses to give to peers that ask for one; each keeps its own, also over restarts. "
        "The first one of a network is left to this host."},
    ConfigKey{"interface", "pool-dns", ConfigType::kAddresses, "list of addresses", "none",
              "IPv4 or IPv6", "Name servers to tell the peers that get an address of the pool."},
    ConfigKey{"interface", "quiet", ConfigType::kChoice, "word", "auto", "auto | yes | no",
              "Answer only who knows our public key, so that a scanner finds nothing. `auto`: if "
              "every peer is a Hawser with a public key."},
    ConfigKey{"interface", "peers-dir", ConfigType::kFile, "directory", "peers.d",
              "need not be there",
              "Files `*.conf` in it belong to this config: one [peer.NAME] each. For tunnels whose "
              "configs lie in one directory give each its own."},
    ConfigKey{"interface", "multipath", ConfigType::kChoice, "word", "yes", "yes | no",
              "Use every interface that leads to a peer, if that is a Hawser whose keys are "
              "negotiated."},
    ConfigKey{"interface", "paths", ConfigType::kNumber, "number", "8", "1 to 8",
              "Paths to one peer at most.", 1, MultipathConfig::kPathsMax},
    ConfigKey{"peer", "endpoint", ConfigType::kEndpoint, "address", "none",
              "`HOST`, `HOST:PORT`, `[V6]:PORT`",
              "Where the peer is; without a port at 4500. A host name is looked up when the tunnel "
              "starts, and again when its address gives no answer for two minutes. Without "
              "`endpoint` the peer begins, and its address is learned."},
    ConfigKey{
        "peer", "allowed-ips", ConfigType::kNetworks, "list of networks", "required",
        "IPv4 or IPv6, with `/LENGTH`",
        "Inner addresses behind the peer: what is sent to it and accepted from it. Of two "
        "peers' networks that overlap the longer one counts; no two may be equal. May be left "
        "out for a peer that gets its address from the `pool`."},
    ConfigKey{
        "peer", "public-key", ConfigType::kPublicKey, "key", "none", "`ed25519:BASE64`",
        "The peer's public key, from `hawser pubkey`. One of `public-key`, `public-key-file`, "
        "`psk-file`, `ca-file` and a section [sa.NAME] is required."},
    ConfigKey{"peer", "public-key-file", ConfigType::kFile, "file", "none", "PEM, Ed25519",
              "The same in a file, as `openssl pkey -pubout` writes it."},
    ConfigKey{"peer", "psk-file", ConfigType::kFile, "file", "none",
              "one line, text or `0xHEX`, mode 0600",
              "A key that both ends share; `hawser genpsk` makes one."},
    ConfigKey{"peer", "ca-file", ConfigType::kFile, "file", "none", "X.509, PEM or DER",
              "Who must have signed the peer's certificate, which must name its `identity`."},
    ConfigKey{"peer", "crl-file", ConfigType::kFile, "file", "none", "PEM or DER",
              "Certificates that are not believed any more; read again by `reload`."},
    ConfigKey{"peer", "identity", ConfigType::kIdentity, "identity", "its public key",
              "name, address, `user@domain` or `key:HEX`",
              "Who the peer must say it is. Required with `psk-file` and `ca-file`."},
    ConfigKey{
        "peer", "interop", ConfigType::kChoice, "word", "no", "yes | no",
        "`yes`: not a Hawser. It is also reached and answered on UDP port 500, and nothing is "
        "offered that is not in the RFCs."},
    ConfigKey{"peer", "local-networks", ConfigType::kNetworks, "list of networks",
              "0.0.0.0/0, ::/0", "IPv4 or IPv6, with `/LENGTH`",
              "Inner addresses on our side that the peer may reach, and that may reach it."},
    ConfigKey{"peer", "virtual-address", ConfigType::kChoice, "word", "no", "yes | no",
              "Ask the peer for an address of ours and for name servers, and use them."},
    ConfigKey{"peer", "initiate", ConfigType::kChoice, "word", "yes", "yes | no | on-demand",
              "Whether we begin, if there is an `endpoint`: at the start, never, or when there is "
              "something to send."},
    ConfigKey{"peer", "ike-ciphers", ConfigType::kChoices, "list", "aes-256-gcm, chacha20-poly1305",
              "aes-256-gcm | chacha20-poly1305", "What may protect IKE, the best first."},
    ConfigKey{"peer", "esp-ciphers", ConfigType::kChoices, "list", "aes-256-gcm, chacha20-poly1305",
              "aes-256-gcm | chacha20-poly1305 | aes-128-gcm",
              "What may protect packets, the best first."},
    ConfigKey{"peer", "key-exchange", ConfigType::kChoices, "list", "x25519, p-256",
              "x25519 | p-256", "How keys may be agreed, the best first."},
    ConfigKey{"peer", "pfs", ConfigType::kChoice, "word", "yes", "yes | no",
              "A key exchange of its own for each later pair of SAs."},
    ConfigKey{"peer", "rekey-time", ConfigType::kNumber, "seconds", "3600", "0, or 2 to 604800",
              "New keys for packets after this time; up to a tenth less by chance. 0: never.", 0,
              604800},
    ConfigKey{"peer", "rekey-bytes", ConfigType::kNumber, "octets", "0", "0 to 1000000000000000000",
              "The same after this many octets in one direction; 0: no limit. Without ESN new keys "
              "come before 2^32 packets in any case.",
              0, 1000000000000000000},
    ConfigKey{"peer", "rekey-packets", ConfigType::kNumber, "number", "0",
              "0 to 1000000000000000000", "The same after this many packets.", 0,
              1000000000000000000},
    ConfigKey{"peer", "ike-rekey-time", ConfigType::kNumber, "seconds", "14400",
              "0, or 2 to 604800", "New keys for IKE itself after this time. 0: never.", 0, 604800},
    ConfigKey{"peer", "replay-window", ConfigType::kPowerOfTwo, "word or number", "auto",
              "auto, or a power of two, 64 to 1048576",
              "Packets of each of the peer's SAs that may arrive late and still count. `auto` "
              "follows how late they are seen to come.",
              64, 1048576},
    ConfigKey{"peer", "dpd", ConfigType::kNumber, "seconds", "30", "0 to 3600",
              "Ask a peer that was silent so long whether it lives. 0: never.", 0, 3600},
    ConfigKey{
        "peer", "ppk-file", ConfigType::kFile, "file", "none",
        "one line, text or `0xHEX`, mode 0600",
        "A post-quantum preshared key (RFC 8784) beside the other keys; `hawser genppk` makes "
        "one."},
    ConfigKey{"peer", "ppk-id", ConfigType::kCommand, "text", "required with `ppk-file`",
              "any, the same at both ends", "The name of that key."},
    ConfigKey{"peer", "ppk-required", ConfigType::kChoice, "word", "yes", "yes | no",
              "`no`: go on without it if the peer does not have it."},
    ConfigKey{"peer", "keepalive", ConfigType::kNumber, "seconds", "0", "0 to 3600",
              "Send a NAT keepalive (RFC 3948) after this many seconds of silence; 0 is never, or "
              "20 if IKE finds us behind a NAT.",
              0, 3600},
    ConfigKey{"sa", "spi-in", ConfigType::kSpi, "SPI", "required", "0x01000000 to 0x01ffffff",
              "SPI of packets from the peer. The first octet is the worker plus 1; the middle two, "
              "the slot, must differ between SAs.",
              0x01000000, 0x01ffffff},
    ConfigKey{"sa", "spi-out", ConfigType::kSpi, "SPI", "required", "0x00000100 to 0xffffffff",
              "SPI of packets to the peer: its `spi-in`.", 0x100, 0xffffffff},
    ConfigKey{"sa", "key-file", ConfigType::kFile, "file", "required",
              "as `hawser keygen --manual` writes it, mode 0600",
              "The keys of both directions. No key may occur twice in a config."},
    ConfigKey{"sa", "cipher", ConfigType::kChoice, "word", "aes-256-gcm",
              "aes-256-gcm | aes-128-gcm | chacha20-poly1305", "The AEAD of both directions."},
    ConfigKey{"sa", "esn", ConfigType::kChoice, "word", "yes", "yes | no",
              "Extended (64-bit) sequence numbers (RFC 4303). Both ends must agree."},
    ConfigKey{"sa", "replay-window", ConfigType::kPowerOfTwo, "word or number", "auto",
              "auto, or a power of two, 64 to 1048576",
              "Packets that may arrive late and still count. `auto` follows how late they are seen "
              "to come.",
              64, 1048576},
    ConfigKey{"sa", "lifetime-packets", ConfigType::kNumber, "number", "0",
              "0 to 1000000000000000000",
              "Packets that each direction carries before it stops; 0 is no limit. At nine tenths "
              "of any lifetime the log asks for new keys.",
              0, 1000000000000000000},
    ConfigKey{"sa", "lifetime-bytes", ConfigType::kNumber, "octets", "0",
              "0 to 1000000000000000000", "The same in octets of inner packets.", 0,
              1000000000000000000},
    ConfigKey{"sa", "lifetime", ConfigType::kNumber, "seconds", "0", "0 to 1000000000",
              "The same in time. All lifetimes count from when the daemon took the keys.", 0,
              1000000000},
    ConfigKey{"path", "interface", ConfigType::kName, "name", "required",
              "1 to 15 of `A-Za-z0-9._-`",
              "The network interface of this host. It need not be there yet."},
    ConfigKey{"path", "gateway", ConfigType::kGateways, "list of addresses", "none",
              "IPv4 or IPv6, one of each",
              "The router on this link. For an interface by which the system has no default route; "
              "only packets to peers take this one."},
    ConfigKey{"path", "enabled", ConfigType::kChoice, "word", "yes", "yes | no",
              "`no`: nothing is sent by this interface."},
    ConfigKey{"path", "priority", ConfigType::kNumber, "number", "0", "0 to 100",
              "A higher one is preferred, whatever is measured; the others stand by.", 0, 100},
    ConfigKey{"path", "metered", ConfigType::kChoice, "word", "no", "yes | no",
              "Octets on it cost money: used when no other path works, and for nothing twice."},
    ConfigKey{"path", "cost", ConfigType::kNumber, "number", "0", "0 to 100",
              "Taken off its score: 100 is as bad as a path can be.", 0, 100},
    ConfigKey{"path", "limit", ConfigType::kRate, "rate", "none", "8k to 100G bits per second",
              "Not more than that is sent by it, in `k`, `M` or `G`. What it can carry need not be "
              "said, it is measured.",
              8000, 100'000'000'000},
    ConfigKey{"class", "match", ConfigType::kMatches, "list", "none",
              "`dscp:ef`, `udp:10000-20000`, `tcp:22`, `icmp`, `protocol:47`",
              "Flows of this class. Ports are met at either end. Sections are asked in their "
              "order; what none names is told apart by its DSCP and by what it does."},
    ConfigKey{"class", "policy", ConfigType::kPolicy, "word",
              "`duplicate` for real-time, `lowest-latency` for interactive, `aggregate` for bulk",
              "duplicate | lowest-latency | aggregate | balance | round-robin | failover",
              "On the two best paths at once; on the one that is there first; on all, as much as "
              "they carry; each flow on one; in turn; on the best until it fails."},
};

// Levenshtein's, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

// Markdown ends a cell at `|`.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }
std::span<const ConfigSectionInfo> config_sections() { return kSections; }

const ConfigKey* find_config_key(std::string_view section, std::string_view name) {
  const auto* it = std::ranges::find_if(
      kKeys, [&](const ConfigKey& key) { return key.section == section && key.name == name; });
  return it == kKeys.end() ? nullptr : it;
}

const ConfigSectionInfo* find_config_section(std::string_view name) {
  const auto* it = std::ranges::find(kSections, name, &ConfigSectionInfo::name);
  return it == kSections.end() ? nullptr : it;
}

std::string known_sections_text() {
  std::string text;
  for (const ConfigSectionInfo& section : kSections) {
    if (!text.empty()) text += ", ";
    text += "[" + std::string(section.name) + (section.has_instance ? ".NAME]" : "]");
  }
  return text;
}

std::string_view nearest_config_key(std::string_view section, std::string_view name) {
  std::string_view nearest;
  std::size_t smallest = ~std::size_t{0};
  for (const ConfigKey& key : kKeys) {
    if (key.section != section) continue;
    const std::size_t distance = edit_distance(name, key.name);
    if (distance < smallest) {
      smallest = distance;
      nearest = key.name;
    }
  }
  return nearest;
}

std::string_view section_of_config_key(std::string_view name) {
  const auto* it = std::ranges::find(kKeys, name, &ConfigKey::name);
  return it == kKeys.end() ? std::string_view{} : it->section;
}

std::string config_key_table(std::string_view section) {
  std::string table = "| key | type | default | range | what it does |\n|---|---|---|---|---|\n";
  for (const ConfigKey& key : kKeys) {
    if (key.section != section) continue;
    table += "| `" + std::string(key.name) + "` | " + cell(key.type_text) + " | " +
             cell(key.default_text) + " | " + cell(key.range) + " | " + cell(key.help) + " |\n";
  }
  return table;
}

}  // namespace hawser
