// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/cli/test_support.h"

namespace hawser {

// A right config of ten lines. Each wrong one replaces one line of it.
inline const std::vector<std::string>& right_config() {
  static const std::vector<std::string> kLines = {
      "[interface]",                // 1
      "name = hw0",                 // 2
      "address = 10.8.0.1/24",      // 3
      "[peer.lab]",                 // 4
      "endpoint = 192.0.2.2:4500",  // 5
      "allowed-ips = 10.8.0.0/24",  // 6
      "[sa.lab]",                   // 7
      "spi-in = 0x01000001",        // 8
      "spi-out = 0x01000001",       // 9
      "key-file = lab.keys",        // 10
  };
  return kLines;
}

struct WrongConfig {
  std::string name;
  unsigned replaced;  // line of right_config()
  std::string text;   // may be several lines, or empty
  std::string file;   // where the error is, if not in the config
  unsigned line;
  std::string key;
  std::string fragment;  // of the message
};

inline void PrintTo(const WrongConfig& wrong, std::ostream* out) { *out << wrong.name; }

inline std::string config_with(unsigned replaced, const std::string& text) {
  std::string config;
  for (unsigned i = 1; i <= right_config().size(); ++i) {
    const std::string& line = i == replaced ? text : right_config()[i - 1];
    if (i != replaced || !text.empty()) config += line + "\n";
  }
  return config;
}

// The files that the configs of the table name.
inline void write_key_files(const TempDir& dir) {
  const auto hex = [](char digit, std::size_t octets) { return std::string(2 * octets, digit); };
  const auto keys = [](const std::string& in, const std::string& out) {
    return "in = " + in + "\nout = " + out + "\n";
  };
  dir.write("lab.keys", keys(hex('a', 36), hex('b', 36)));
  dir.write("other.keys", keys(hex('c', 36), hex('d', 36)));
  dir.write("third.keys", keys(hex('1', 36), hex('2', 36)));
  dir.write("shared.keys", keys(hex('e', 36), hex('b', 36)));
  dir.write("readable.keys", keys(hex('a', 36), hex('b', 36)), 0644);
  dir.write("group.keys", keys(hex('a', 36), hex('b', 36)), 0640);
  dir.write("same.keys", keys(hex('a', 36), hex('a', 36)));
  dir.write("other-salt.keys", keys(hex('a', 36), hex('a', 32) + hex('b', 4)));
  dir.write("short.keys", keys(hex('a', 36), hex('b', 35)));
  dir.write("odd.keys", keys(hex('a', 36) + "a", hex('b', 36)));
  dir.write("no-hex.keys", keys(hex('a', 36), hex('x', 36)));
  dir.write("only-in.keys", "in = " + hex('a', 36) + "\n");
  dir.write("twice.keys", keys(hex('a', 36), hex('b', 36)) + "in = " + hex('c', 36) + "\n");
  dir.write("no-keys.keys", "\n" + hex('a', 36) + "\n");
  dir.write("not-a.key", "hello\n");
  std::filesystem::create_directory(dir.file("directory.keys"));
}

inline const std::vector<WrongConfig>& wrong_configs() {
  static const std::string kSecondPeer =
      "key-file = lab.keys\n"
      "[peer.two]\n"
      "allowed-ips = 10.9.0.0/24\n"
      "[sa.two]\n"
      "spi-in = 0x01000102\n"
      "spi-out = 0x01000102\n"
      "key-file = ";
  static const std::vector<WrongConfig> kTable = {
      // Form.
      {"KeyOutsideOfSection", 1, "name = hw1", "", 1, "name", "outside of a section"},
      {"NoEquals", 2, "name", "", 2, "name", "has no value"},
      {"NoValue", 2, "name =", "", 2, "name", "has no value"},
      {"OnlyComment", 2, "name = # hw0", "", 2, "name", "has no value"},
      {"NotAKey", 2, "na me = hw0", "", 2, "line", "KEY = VALUE"},
      {"NoKey", 2, "= hw0", "", 2, "line", "KEY = VALUE"},
      {"SectionNotClosed", 4, "[peer.lab", "", 4, "[peer.lab", "does not end with `]`"},
      {"SectionWithSpace", 4, "[peer lab]", "", 4, "[peer lab]", "write [interface] or"},
      {"SectionWithEmptyName", 4, "[peer.]", "", 4, "[peer.]", "is not a section"},
      {"RepeatedSection", 10, "key-file = lab.keys\n[peer.lab]\nkeepalive = 20", "", 11,
       "[peer.lab]", "line 4"},
      {"RepeatedKey", 3, "address = 10.8.0.1/24\naddress = 10.9.0.1/24", "", 4, "address",
       "line 3"},
      {"ControlCharacter", 2, "name = hw\x01", "", 2, "line", "control character"},
      {"LineTooLong", 2, "name = " + std::string(5000, 'x'), "", 2, "line", "4096"},
      // Sections and keys.
      {"UnknownSection", 1, "[interfaces]", "", 1, "[interfaces]", "[interface], [peer.NAME]"},
      {"PathWithoutInterface", 10, "key-file = lab.keys\n[path.lte]", "", 11, "interface",
       "missing in [path.lte]"},
      {"PathOfTheTunnel", 10, "key-file = lab.keys\n[path.lte]\ninterface = hw0", "", 12,
       "interface", "the tunnel itself"},
      {"PathsOfOneInterface", 10,
       "key-file = lab.keys\n[path.a]\ninterface = eth0\n[path.b]\ninterface = eth0", "", 14,
       "interface", "[path.a] already"},
      {"PathLimit", 10, "key-file = lab.keys\n[path.lte]\ninterface = eth0\nlimit = 20Mbit", "", 13,
       "limit", "such as 500k or 20M"},
      {"PathLimitTooLow", 10, "key-file = lab.keys\n[path.lte]\ninterface = eth0\nlimit = 7k", "",
       13, "limit", "8k to 100G"},
      {"PathLimitOverflows", 10,
       "key-file = lab.keys\n[path.lte]\ninterface = eth0\nlimit = 18446744073709551615G", "", 13,
       "limit", "out of range"},
      {"PathGateways", 10,
       "key-file = lab.keys\n[path.lte]\ninterface = eth0\ngateway = 10.0.0.1, 10.0.0.2", "", 13,
       "gateway", "two routers"},
      {"PathCost", 10, "key-file = lab.keys\n[path.lte]\ninterface = eth0\ncost = 101", "", 13,
       "cost", "0 to 100"},
      {"PathCount", 2, "name = hw0\npaths = 9", "", 3, "paths", "1 to 8"},
      {"ClassName", 10, "key-file = lab.keys\n[class.voice]", "", 11, "[class.voice]",
       "write [class.real-time]"},
      {"ClassPolicy", 10, "key-file = lab.keys\n[class.bulk]\npolicy = all", "", 12, "policy",
       "round-robin"},
      {"ClassMatch", 10, "key-file = lab.keys\n[class.bulk]\nmatch = tcp:22, tcp:70000", "", 12,
       "match", "tcp:70000"},
      {"PeerWithoutName", 4, "[peer]", "", 4, "[peer]", "write [peer.NAME]"},
      {"InterfaceWithName", 1, "[interface.hw0]", "", 1, "[interface.hw0]", "write [interface]"},
      {"UnknownKey", 6, "alowed-ips = 10.8.0.0/24", "", 6, "alowed-ips", "`allowed-ips`"},
      {"KeyOfOtherSection", 5, "listen-port = 4500", "", 5, "listen-port",
       "move it to [interface]"},
      {"KeyOfWgQuick", 3, "Address = 10.8.0.1/24", "", 3, "Address", "`address`"},
      // Values of one line.
      {"NameTooLong", 2, "name = hawser-interface-1", "", 2, "name", "1 to 15"},
      {"NameWithSlash", 2, "name = hw/0", "", 2, "name", "1 to 15"},
      {"BadAddress", 3, "address = 10.8.0.256/24", "", 3, "address", "10.8.0.2/24"},
      {"BadPrefixLength", 3, "address = 10.8.0.1/33", "", 3, "address", "not an address"},
      {"NetworkAsAddress", 3, "address = 10.8.0.0/24", "", 3, "address", "network itself"},
      {"MulticastAddress", 3, "address = 239.1.2.3/24", "", 3, "address", "can't be a device's"},
      {"RepeatedAddress", 3, "address = 10.8.0.1/24, 10.8.0.1/24", "", 3, "address", "repeated"},
      {"EmptyListItem", 3, "address = 10.8.0.1/24,", "", 3, "address", "not an address"},
      {"MtuNotANumber", 3, "mtu = big", "", 3, "mtu", "576 to 9000"},
      {"MtuWithUnit", 3, "mtu = 1400 bytes", "", 3, "mtu", "not a number"},
      {"MtuTooSmall", 3, "mtu = 500", "", 3, "mtu", "out of range; write 576 to 9000"},
      {"MtuHuge", 3, "mtu = 99999999999999999999999", "", 3, "mtu", "out of range"},
      {"PortZero", 3, "listen-port = 0", "", 3, "listen-port", "1 to 65535"},
      {"PortNegative", 3, "listen-port = -1", "", 3, "listen-port", "not a number"},
      {"TwoWorkers", 3, "workers = 2", "", 3, "workers", "write 1"},
      {"IoUring", 3, "io = io_uring", "", 3, "io", "auto or epoll"},
      {"UnknownOffload", 3, "offload = tun-tso, tso", "", 3, "offload", "udp-gso"},
      {"OffAndOffload", 3, "offload = off, batch", "", 3, "offload", "stands alone"},
      {"TableZero", 3, "table = 0", "", 3, "table", "auto | off, or 1 to"},
      {"TableTooLarge", 3, "table = 4294967296", "", 3, "table", "out of range"},
      {"TableMain", 3, "table = main", "", 3, "table", "not a number"},
      {"NatOn", 3, "nat = on", "", 3, "nat", "yes or no"},
      {"PostUpEmpty", 3, "post-up =", "", 3, "post-up", "has no value"},
      {"PreDownInPeer", 5, "pre-down = true", "", 5, "pre-down", "move it to [interface]"},
      {"NiceTooNice", 3, "nice = 20", "", 3, "nice", "-20 to 19"},
      {"NiceNotANumber", 3, "nice = very", "", 3, "nice", "-20 to 19"},
      {"SchedulerFifo", 3, "scheduler = fifo", "", 3, "scheduler", "other, batch or rr"},
      {"ClampTrue", 3, "mss-clamp = true", "", 3, "mss-clamp", "yes or no"},
      {"EndpointWithEmptyPort", 5, "endpoint = 192.0.2.2:", "", 5, "endpoint", "1 to 65535"},
      {"EndpointPortTooLarge", 5, "endpoint = 192.0.2.2:65536", "", 5, "endpoint", "1 to 65535"},
      {"EndpointV6WithoutBrackets", 5, "endpoint = 2001:db8::1:4500", "", 5, "endpoint",
       "brackets"},
      {"EndpointBadV4", 5, "endpoint = 192.0.2.300:4500", "", 5, "endpoint", "no valid host"},
      {"EndpointUnspecified", 5, "endpoint = 0.0.0.0:4500", "", 5, "endpoint", "not the address"},
      {"EndpointEmptyLabel", 5, "endpoint = nowhere..invalid:4500", "", 5, "endpoint",
       "no valid host"},
      {"EndpointLabelWithHyphen", 5, "endpoint = vpn-.example:4500", "", 5, "endpoint",
       "no valid host"},
      {"EndpointWithSpace", 5, "endpoint = vpn example:4500", "", 5, "endpoint", "no valid host"},
      {"NetworkWithHostBits", 6, "allowed-ips = 10.8.0.1/24", "", 6, "allowed-ips",
       "10.8.0.0/24 or 10.8.0.1/32"},
      {"RepeatedNetwork", 6, "allowed-ips = 10.8.0.0/24, 10.8.0.0/24", "", 6, "allowed-ips",
       "repeated"},
      {"KeepaliveTooLong", 5, "keepalive = 3601", "", 5, "keepalive", "0 to 3600"},
      {"BadPublicKey", 5, "public-key = ed25519:AAAA", "", 5, "public-key", "44 characters"},
      {"PrivateKeyAsPublicKey", 5, "public-key = ed25519-private:AAAA", "", 5, "public-key",
       "is a private key"},
      {"SpiWithoutPrefix", 8, "spi-in = 01000001", "", 8, "spi-in", "0x and 8 hex digits"},
      {"SpiOfOtherWorker", 8, "spi-in = 0x02000001", "", 8, "spi-in", "0x01000000 to 0x01ffffff"},
      {"SpiOutReserved", 9, "spi-out = 0x000000ff", "", 9, "spi-out", "0x00000100"},
      {"SpiNotHex", 9, "spi-out = 0x0100000g", "", 9, "spi-out", "0x and 8 hex digits"},
      {"UnknownCipher", 9, "spi-out = 0x01000001\ncipher = aes-256-cbc", "", 10, "cipher",
       "chacha20-poly1305"},
      {"EsnTrue", 9, "spi-out = 0x01000001\nesn = true", "", 10, "esn", "yes or no"},
      {"WindowNotAPower", 9, "spi-out = 0x01000001\nreplay-window = 5000", "", 10, "replay-window",
       "4096 or 8192"},
      {"WindowTooSmall", 9, "spi-out = 0x01000001\nreplay-window = 32", "", 10, "replay-window",
       "64 to 1048576"},
      // What lines mean together.
      {"PeerWithoutAllowedIps", 6, "", "", 4, "allowed-ips", "is missing in [peer.lab]"},
      {"PeerWithoutSa", 7, "[peer.two]\nallowed-ips = 10.9.0.0/24\n[sa.two]", "", 4, "[peer.lab]",
       "has no keys; write public-key"},
      {"NoInterface", 1, "# no interface", "", 2, "name", "outside of a section"},
      {"SaWithoutPeer", 10, "key-file = lab.keys\n[sa.two]\nspi-in = 0x01000102", "", 11,
       "[sa.two]", "write a section [peer.two]"},
      {"SaWithoutSpiIn", 8, "", "", 7, "spi-in", "is missing in [sa.lab]"},
      {"SaWithoutSpiOut", 9, "", "", 7, "spi-out", "is missing in [sa.lab]"},
      {"SaWithoutKeyFile", 10, "", "", 7, "key-file", "hawser keygen --manual"},
      {"EqualAllowedIps", 10,
       kSecondPeer +
           "other.keys\n[peer.three]\nallowed-ips = "
           "10.9.0.0/24\n[sa.three]\nspi-in = 0x01000203\nspi-out = 0x01000203\nkey-file = "
           "third.keys",
       "", 18, "allowed-ips", "`10.9.0.0/24` is behind [peer.two], too"},
      {"SameSlot", 10,
       "key-file = lab.keys\n[peer.two]\nallowed-ips = 10.9.0.0/24\n[sa.two]\n"
       "spi-in = 0x01000002\nspi-out = 0x01000102\nkey-file = other.keys",
       "", 14, "spi-in", "slot"},
      {"SmallMtuWithIpv6", 3, "mtu = 1200\naddress = fd00::1/64", "", 3, "mtu", "1280"},
      // Other files.
      {"PrivateKeyMissing", 3, "private-key-file = no.key", "", 3, "private-key-file",
       "No such file"},
      {"PrivateKeyBad", 3, "private-key-file = not-a.key", "", 3, "private-key-file",
       "holds no private key"},
      {"PrivateKeyInConfig", 3, "private-key-file = ed25519-private:AAAA", "", 3,
       "private-key-file", "is a key, not a file"},
      {"KeyFileMissing", 10, "key-file = no.keys", "", 10, "key-file", "No such file"},
      {"KeyFileIsDirectory", 10, "key-file = directory.keys", "", 10, "key-file",
       "not a regular file"},
      {"KeyFileWorldReadable", 10, "key-file = readable.keys", "", 10, "key-file", "chmod 0600"},
      {"KeyFileGroupReadable", 10, "key-file = group.keys", "", 10, "key-file", "mode 0640"},
      {"KeyFileSameKeyTwice", 10, "key-file = same.keys", "", 10, "key-file",
       "is also `in` of [sa.lab]"},
      {"KeyFileSameKeyOtherSalt", 10, "key-file = other-salt.keys", "", 10, "key-file",
       "is also `in` of [sa.lab]"},
      {"KeyOfOtherSa", 10, kSecondPeer + "shared.keys", "", 16, "key-file",
       "is also `out` of [sa.lab]"},
      {"KeyTooShort", 10, "key-file = short.keys", "short.keys", 2, "out", "72 hex digits"},
      {"KeyOfOtherCipher", 10, "key-file = lab.keys\ncipher = aes-128-gcm", "lab.keys", 1, "in",
       "40 hex digits"},
      {"KeyOddDigits", 10, "key-file = odd.keys", "odd.keys", 1, "in", "odd number"},
      {"KeyNotHex", 10, "key-file = no-hex.keys", "no-hex.keys", 2, "out", "no hex digit"},
      {"KeyFileWithoutOut", 10, "key-file = only-in.keys", "only-in.keys", 1, "out", "is missing"},
      {"KeyFileRepeatsIn", 10, "key-file = twice.keys", "twice.keys", 3, "in", "repeated"},
      {"KeyFileWithoutNames", 10, "key-file = no-keys.keys", "no-keys.keys", 2, "line",
       "`in = HEX`"},
  };
  return kTable;
}

}  // namespace hawser
