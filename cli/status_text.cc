// SPDX-License-Identifier: Apache-2.0
#include "cli/status_text.h"

#include <array>
#include <cstdio>

#include "cli/report_reader.h"
#include "tunnel/drop_reason.h"

namespace hawser {
namespace {

constexpr std::size_t kLabelWidth = 18;

void add_row(std::string& out, const std::string& label, const std::string& value) {
  if (value.empty()) return;
  out += "  " + label + ":";
  out.append(label.size() < kLabelWidth ? kLabelWidth - label.size() : 1, ' ');
  out += value + "\n";
}

std::string traffic(const Json& object) {
  return bytes_text(number(object, "received_bytes")) + " received in " +
         std::to_string(number(object, "received_packets")) + " packets, " +
         bytes_text(number(object, "sent_bytes")) + " sent in " +
         std::to_string(number(object, "sent_packets"));
}

void add_offloads(std::string& out, const Json& io) {
  std::string granted;
  for (const Json& offload : member(io, "offloads")) {
    const std::string name = text(offload, "name");
    if (flag(offload, "granted")) {
      granted += (granted.empty() ? "" : ", ") + name;
    } else {
      add_row(out, "no " + name, text(offload, "reason"));
    }
  }
  add_row(out, "offloads", granted.empty() ? "none" : granted);
}

std::string span_text(const Json& value) {
  return is_count(value) ? duration_text(value.get<std::uint64_t>()) : std::string();
}

// "aes-256-gcm, ..., for 5 s, new keys in 55 min".
std::string keys_text(const Json& keys) {
  const std::string next = span_text(member(keys, "rekey_in_ms"));
  return text(keys, "suite") + ", for " + span_text(member(keys, "age_ms")) +
         (next.empty() ? "" : ", new ones in " + next);
}

void add_ike(std::string& out, const Json& ike) {
  if (!ike.is_object()) return;
  const bool is_up = text(ike, "state") == "established";
  add_row(out, "IKE",
          text(ike, "state") + (is_up && !flag(ike, "is_hawser") ? ", not a Hawser" : "") +
              (flag(ike, "post_quantum_key") ? ", with a post-quantum key" : ""));
  add_row(out, "identity", text(ike, "remote_identity"));
  if (is_up) add_row(out, "IKE keys", keys_text(ike));
  for (const Json& child : member(ike, "children")) {
    add_row(out, "packet keys", keys_text(child));
    add_row(out, "agreed networks",
            list(member(child, "local")) + " to " + list(member(child, "remote")));
  }
  const Json& assigned = member(ike, "assigned");
  if (!assigned.empty()) add_row(out, "our address there", list(assigned));
  add_row(out, "last error", text(ike, "last_error"));
}

void add_peer(std::string& out, const Json& peer) {
  out += "\npeer: " + text(peer, "name") + "\n";
  const std::string endpoint = text(peer, "endpoint");
  add_row(out, "endpoint", endpoint.empty() ? "not known yet" : endpoint);
  add_row(out, "endpoint name", text(peer, "endpoint_name"));
  add_row(out, "not looked up", text(peer, "endpoint_problem"));
  add_ike(out, member(peer, "ike"));
  add_row(out, "allowed ips", list(member(peer, "allowed_ips")));
  const Json& last = member(peer, "last_received_ago_ms");
  add_row(out, "last received",
          is_count(last) ? duration_text(last.get<std::uint64_t>()) + " ago" : "never");
  add_row(out, "transfer", traffic(peer));
  add_row(out, "SAs",
          std::to_string(number(peer, "inbound_sas")) + " in, " +
              std::to_string(number(peer, "outbound_sas")) + " out");
  const std::uint64_t keepalive = number(peer, "keepalive_s");
  if (keepalive != 0) add_row(out, "keepalive", "every " + std::to_string(keepalive) + " s");
}

// Also happens on a healthy tunnel.
bool is_quiet(const std::string& name) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (drop_reason_name(reason) == name) return drop_reason_is_quiet(reason);
  }
  return false;
}

void add_drops(std::string& out, const Json& drops) {
  std::string rows;
  for (const auto& [reason, count] : drops.items()) {
    if (is_count(count) && count.get<std::uint64_t>() != 0) {
      add_row(rows, reason,
              std::to_string(count.get<std::uint64_t>()) + (is_quiet(reason) ? " (harmless)" : ""));
    }
  }
  if (!rows.empty()) out += "\ndropped packets:\n" + rows;
}

void add_sa(std::string& out, const Json& sa) {
  const bool inbound = text(sa, "direction") == "in";
  out += text(sa, "peer") + (inbound ? " in  " : " out ") + text(sa, "spi") + "\n";
  add_row(out, "cipher",
          text(sa, "cipher") + " by " + text(sa, "provider") +
              (flag(sa, "esn") ? ", ESN" : ", no ESN"));
  add_row(out, "traffic",
          std::to_string(number(sa, "packets")) + " packets, " + bytes_text(number(sa, "bytes")));
  add_row(out, inbound ? "highest sequence" : "last sequence",
          std::to_string(number(sa, "sequence")));
  if (!inbound) return;
  add_row(out, "replay window",
          std::to_string(number(sa, "replay_window_packets")) +
              (flag(sa, "replay_window_sizes_itself") ? " packets (auto)" : " packets") +
              "; turned away: " + std::to_string(number(sa, "replayed_packets")) + " replayed, " +
              std::to_string(number(sa, "too_old_packets")) + " too old, " +
              std::to_string(number(sa, "icv_failed_packets")) + " forged or damaged");
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, unit == 0 ? "%.0f %s" : "%.2f %s", value, kUnits[unit]);
  return buffer;
}

std::string duration_text(std::uint64_t milliseconds) {
  char buffer[32];
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  if (milliseconds < 60'000) {
    std::snprintf(buffer, sizeof buffer, "%.1f s", static_cast<double>(milliseconds) / 1000);
    return buffer;
  }
  const std::uint64_t seconds = milliseconds / 1000;
  std::string out;
  if (seconds >= 86400) out += std::to_string(seconds / 86400) + " d ";
  if (seconds >= 3600) out += std::to_string(seconds / 3600 % 24) + " h ";
  return out + std::to_string(seconds / 60 % 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string status_text(const Json& status) {
  std::string out = "interface: " + text(status, "name") + "\n";
  const Json& interface = member(status, "interface");
  add_row(out, "addresses", list(member(interface, "addresses")));
  add_row(out, "mtu", std::to_string(number(interface, "mtu_bytes")));
  add_row(out, "listen port",
          std::to_string(number(interface, "listen_port")) + " (" +
              list(member(interface, "listen_families")) + ")");
  add_row(out, "routes", list(member(interface, "routes")));
  if (!member(interface, "rules").empty()) {
    add_row(out, "rules", list(member(interface, "rules")));
  }
  const Json& io = member(status, "io");
  add_row(out, "io", text(io, "backend") + ": " + text(io, "backend_reason"));
  add_offloads(out, io);
  add_row(out, "up for", duration_text(number(status, "uptime_ms")));
  add_row(out, "daemon",
          "hawserd " + text(status, "version") + ", pid " + std::to_string(number(status, "pid")));
  for (const Json& peer : member(status, "peers")) add_peer(out, peer);
  const Json& drops = member(status, "drops");
  if (drops.is_object()) add_drops(out, drops);
  return out;
}

std::string sas_text(const Json& sas) {
  std::string out = "interface: " + text(sas, "name") + "\n";
  for (const Json& sa : member(sas, "sas")) add_sa(out, sa);
  return out;
}

std::string event_text(const Json& event) {
  std::string out = text(event, "time") + " " + text(event, "event");
  for (const auto& [key, value] : event.items()) {
    if (key == "v" || key == "event" || key == "time") continue;
    out += " " + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out + "\n";
}

}  // namespace hawser
