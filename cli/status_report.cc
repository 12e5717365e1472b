// SPDX-License-Identifier: Apache-2.0
#include "cli/status_report.h"

#include <algorithm>
#include <cstdio>

#include "cli/version.h"

namespace hawser {
namespace {

template <typename T>
Json text_list(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(item.to_string());
  return list;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json offload(const char* name, bool asked, bool granted) {
  const char* reason = "granted by the kernel";
  if (!granted) reason = asked ? "this kernel does not have it" : "off in the config";
  return Json{{"name", name}, {"granted", granted}, {"reason", reason}};
}

Json make_interface(const StatusSource& source) {
  Json families = Json::array();
  if (source.io.udp_v4) families.push_back("IPv4");
  if (source.io.udp_v6) families.push_back("IPv6");
  const auto& udp = source.io.udp_v4 ? source.io.udp_v4 : source.io.udp_v6;
  return Json{{"addresses", text_list(source.addresses)},
              {"mtu_bytes", source.mtu},
              {"listen_port", udp ? udp->port : 0},
              {"listen_families", std::move(families)},
              {"routes", text_list(source.routes)},
              {"rules", text_list(source.rules)},
              {"mark", source.mark}};
}

Json make_udp(const IoStatus::Udp& udp) {
  const UdpCounters& counters = udp.counters;
  return Json{{"send_calls", counters.send_calls.value()},
              {"packets_sent", counters.packets_sent.value()},
              {"send_blocked", counters.send_blocked.value()},
              {"send_failed", counters.send_failed.value()},
              {"gso_fallbacks", counters.gso_fallbacks.value()},
              {"receive_calls", counters.receive_calls.value()},
              {"messages_received", counters.messages_received.value()},
              {"packets_received", counters.packets_received.value()},
              {"truncated", counters.truncated.value()}};
}

Json make_io(const StatusSource& source) {
  const IoStatus& io = source.io;
  const auto& udp = io.udp_v4 ? io.udp_v4 : io.udp_v6;
  const UdpOffloads granted = udp ? udp->granted : UdpOffloads{false, false, false};
  Json offloads = Json::array();
  offloads.push_back(offload("tun-tso", source.asked.tun.tso, io.tun_granted.tso));
  offloads.push_back(offload("tun-uso", source.asked.tun.uso, io.tun_granted.uso));
  offloads.push_back(offload("udp-gso", source.asked.udp.gso, granted.gso));
  offloads.push_back(offload("udp-gro", source.asked.udp.gro, granted.gro));
  offloads.push_back(offload("batch", source.asked.udp.batch, granted.batch));
  Json result{{"backend", io.event_loop},
              {"backend_reason", source.io_setting == "auto" ? "the only one in this version"
                                                             : "chosen in the config"},
              {"offloads", std::move(offloads)},
              {"tun", Json{{"read_calls", io.tun.reads.value()},
                           {"packets_read", io.tun.packets_read.value()},
                           {"malformed", io.tun.malformed.value()},
                           {"write_calls", io.tun.writes.value()},
                           {"write_dropped", io.tun.write_dropped.value()},
                           {"gso_refused", io.tun.gso_refused.value()}}}};
  if (io.udp_v4) result["udp_v4"] = make_udp(*io.udp_v4);
  if (io.udp_v6) result["udp_v6"] = make_udp(*io.udp_v6);
  return result;
}

std::uint64_t age_ms(TimePoint then, TimePoint now) {
  const auto age = std::chrono::duration_cast<Milliseconds>(now - then).count();
  return age < 0 ? 0 : static_cast<std::uint64_t>(age);
}

Json make_peer(const StatusSource& source, const PeerSummary& peer) {
  const auto is_ours = [&](const auto& entry) { return source.peer_name(entry.peer) == peer.name; };
  TrafficCounters received;
  TrafficCounters sent;
  std::uint64_t inbound = 0;
  std::uint64_t outbound = 0;
  for (const InboundSaSnapshot& sa : source.data_plane.inbound) {
    if (!is_ours(sa)) continue;
    ++inbound;
    received.packets += sa.traffic.packets;
    received.bytes += sa.traffic.bytes;
  }
  for (const OutboundSaSnapshot& sa : source.data_plane.outbound) {
    if (!is_ours(sa)) continue;
    ++outbound;
    sent.packets += sa.traffic.packets;
    sent.bytes += sa.traffic.bytes;
  }
  const auto live = std::ranges::find_if(source.data_plane.peers, is_ours);
  const bool is_live = live != source.data_plane.peers.end();
  Json endpoint;
  if (is_live && live->path) {
    endpoint = live->path->remote.to_string();
  } else if (peer.endpoint) {
    endpoint = peer.endpoint->to_string();
  }
  Json last;
  if (is_live && live->last_received) last = age_ms(*live->last_received, source.now);
  return Json{{"name", peer.name},
              {"endpoint", std::move(endpoint)},
              {"endpoint_configured", peer.endpoint.has_value()},
              {"endpoint_name", text_or_null(peer.host_name)},
              {"endpoint_problem", text_or_null(peer.name_problem)},
              {"allowed_ips", text_list(peer.allowed_ips)},
              {"last_received_ago_ms", std::move(last)},
              {"received_packets", received.packets},
              {"received_bytes", received.bytes},
              {"sent_packets", sent.packets},
              {"sent_bytes", sent.bytes},
              {"inbound_sas", inbound},
              {"outbound_sas", outbound},
              {"mss_clamp_mtu_bytes", peer.effective_mtu},
              {"keepalive_s", std::chrono::duration_cast<Seconds>(peer.keepalive).count()}};
}

template <typename Sa>
Json make_sa(const StatusSource& source, const Sa& sa, const char* direction) {
  return Json{{"peer", source.peer_name(sa.peer)},
              {"direction", direction},
              {"spi", spi_text(sa.spi)},
              {"cipher", aead_name(sa.algorithm)},
              {"provider", aead_provider_name(sa.provider)},
              {"esn", sa.esn},
              {"packets", sa.traffic.packets},
              {"bytes", sa.traffic.bytes}};
}

}  // namespace

std::string spi_text(Spi spi) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(spi.value()));
  return text;
}

EndpointWatch::Traffic peer_traffic(const DataPlaneSnapshot& snapshot,
                                    const std::function<bool(PeerId)>& is_ours) {
  EndpointWatch::Traffic traffic;
  for (const PeerSnapshot& entry : snapshot.peers) {
    if (is_ours(entry.peer)) traffic.last_received = entry.last_received;
  }
  for (const OutboundSaSnapshot& sa : snapshot.outbound) {
    if (is_ours(sa.peer)) traffic.sent_packets += sa.traffic.packets;
  }
  return traffic;
}

Json make_status(const StatusSource& source) {
  Json peers = Json::array();
  for (const PeerSummary& peer : source.peers) peers.push_back(make_peer(source, peer));
  Json drops = Json::object();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    drops[std::string(drop_reason_name(reason))] = source.data_plane.drops.value(reason);
  }
  return Json{{"name", source.name},
              {"version", kVersion},
              {"pid", source.pid},
              {"uptime_ms", source.uptime.count()},
              {"config_file", source.config_file},
              {"interface", make_interface(source)},
              {"io", make_io(source)},
              {"peers", std::move(peers)},
              {"drops", std::move(drops)},
              {"transmits", source.data_plane.transmits},
              {"inner_writes", source.data_plane.inner_writes}};
}

Json make_sas(const StatusSource& source) {
  Json sas = Json::array();
  for (const InboundSaSnapshot& sa : source.data_plane.inbound) {
    Json object = make_sa(source, sa, "in");
    object["sequence"] = sa.highest.value();
    object["replay_window_packets"] = sa.replay_window;
    object["replay_window_sizes_itself"] = sa.self_sizing;
    object["reorder_extent_packets"] = sa.reorder_extent;
    object["replayed_packets"] = sa.replayed;
    object["too_old_packets"] = sa.too_old;
    object["icv_failed_packets"] = sa.icv_failed;
    sas.push_back(std::move(object));
  }
  for (const OutboundSaSnapshot& sa : source.data_plane.outbound) {
    Json object = make_sa(source, sa, "out");
    object["sequence"] = sa.sent.value();
    sas.push_back(std::move(object));
  }
  return Json{{"name", source.name}, {"sas", std::move(sas)}};
}

}  // namespace hawser
