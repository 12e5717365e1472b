// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "cli/paths_report.h"
#include "cli/report_reader.h"
#include "cli/status_text.h"

namespace hawser {
namespace {

using Row = std::vector<std::string>;

// Columns two spaces apart, each as wide as it needs to be.
std::string table_text(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i];
      line.append(widths[i] - row[i].size() + 1, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string format(const char* form, double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, form, value);
  return buffer;
}

std::string ms_text(const Json& estimate, const char* key) {
  return member(estimate, key).is_number() ? format("%.1f ms", real(estimate, key)) : "-";
}

std::string rate_text(double bits) {
  if (bits <= 0) return "-";
  if (bits < 1e6) return format("%.0f kbit/s", bits / 1e3);
  return bits < 1e9 ? format("%.1f Mbit/s", bits / 1e6) : format("%.2f Gbit/s", bits / 1e9);
}

Row path_row(const Json& path) {
  const Json& sending = member(path, "sending");
  const std::string interface = text(path, "interface");
  return {text(path, "name"),
          interface.empty() ? "-" : interface,
          text(path, "state"),
          number(path, "mtu_bytes") == 0 ? "-" : std::to_string(number(path, "mtu_bytes")),
          ms_text(sending, "rtt_ms"),
          ms_text(sending, "queueing_delay_ms"),
          ms_text(sending, "jitter_ms"),
          format("%.2f %%", 100 * real(sending, "loss_ratio")),
          rate_text(real(sending, "delivery_rate_bps")),
          bytes_text(number(path, "sent_bytes")),
          bytes_text(number(path, "received_bytes"))};
}

// "2.1 % of 1000 packets came in another order than they were sent, 0 % were delivered so".
std::string order_text(const Json& peer) {
  const Json& arrived = member(peer, "arrived");
  const Json& delivered = member(peer, "delivered");
  return "reordered: " + format("%.2f %%", 100 * real(arrived, "reordered_ratio")) +
         " on arrival, " + format("%.2f %%", 100 * real(delivered, "reordered_ratio")) +
         " delivered; " + std::to_string(number(peer, "duplicates_dropped")) +
         " duplicates dropped, " + std::to_string(number(peer, "recovered_packets")) +
         " losses recovered, " + std::to_string(number(peer, "late_dropped")) + " came too late\n";
}

std::string why_text(const Json& path) {
  std::string out = "  " + text(path, "name") + ": " + text(path, "state");
  const std::string reason = text(path, "reason");
  if (!reason.empty()) out += ": " + reason;
  out += "\n    " + text(path, "local") + " to " + text(path, "remote") + "\n";
  const Json& classes = member(path, "classes");
  if (!classes.is_object()) return out;
  for (const auto& [name, use] : classes.items()) {
    out += "    " + name + ": " + text(use, "why") + "\n";
  }
  return out;
}

std::string peer_text(const Json& peer, bool why) {
  std::string out = "\npeer: " + text(peer, "name");
  const std::string primary = text(peer, "primary");
  if (!primary.empty()) out += ", primary path " + primary;
  out += "\n";
  std::vector<Row> rows = {{"path", "interface", "state", "mtu", "rtt", "queue", "jitter", "loss",
                            "delivered", "sent", "received"}};
  for (const Json& path : member(peer, "paths")) rows.push_back(path_row(path));
  out += rows.size() == 1 ? "  no paths\n" : table_text(rows);
  if (!why) return out;
  const Json& policies = member(peer, "policies");
  std::string line;
  if (policies.is_object()) {
    for (const auto& [name, policy] : policies.items()) {
      if (policy.is_string())
        line += (line.empty() ? "" : ", ") + name + " by " + policy.get<std::string>();
    }
  }
  if (!line.empty()) out += "  " + line + "\n";
  for (const Json& path : member(peer, "paths")) out += why_text(path);
  return out + "  " + order_text(peer);
}

std::string link_text(const Json& link) {
  std::string out = "  " + text(link, "interface");
  if (!flag(link, "enabled")) return out + ": switched off by the config or by `hawser path`\n";
  if (!flag(link, "up")) return out + ": down, or no carrier\n";
  if (member(link, "addresses").empty()) return out + ": no address to send from\n";
  out += ": " + list(member(link, "addresses"));
  const Json& unreachable = member(link, "unreachable");
  if (!unreachable.empty()) {
    out += "; no route to " + list(unreachable) + ", a `gateway` in [path.NAME] makes one";
  }
  return out + "\n";
}

std::string paths_text(const Json& paths, bool why) {
  std::string out = "interface: " + text(paths, "name") + "\n";
  for (const Json& peer : member(paths, "peers")) out += peer_text(peer, why);
  if (member(paths, "peers").empty()) {
    out +=
        "\nno peer has more than one path: multipath is off, the peer is no Hawser, or its keys "
        "are not agreed on yet\n";
  }
  if (!why) return out;
  out += "\nlinks:\n";
  for (const Json& link : member(paths, "links")) out += link_text(link);
  return out;
}

}  // namespace

std::string paths_text(const Json& paths) { return paths_text(paths, false); }
std::string paths_why_text(const Json& paths) { return paths_text(paths, true); }

}  // namespace hawser
