// SPDX-License-Identifier: Apache-2.0
#include "cli/status_report.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "cli/ike_report.h"
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
              {"packets_fragmented", counters.packets_fragmented.value()},
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

// What the data path has of one peer.
struct PeerTraffic {
  TrafficCounters received;
  TrafficCounters sent;
  std::uint64_t inbound = 0;
  std::uint64_t outbound = 0;
  std::optional<AddressPair> path;
  std::optional<TimePoint> last_received;
  std::size_t inner_limit = 0;
};

// By name, in one go: there may be thousands of each.
std::unordered_map<std::string, PeerTraffic> traffic_by_peer(const StatusSource& source) {
  std::unordered_map<PeerId, PeerTraffic> by_id;
  for (const PeerSnapshot& peer : source.data_plane.peers) {
    by_id[peer.peer] = {.received = peer.retired_in,
                        .sent = peer.retired_out,
                        .path = peer.path,
                        .last_received = peer.last_received,
                        .inner_limit = peer.effective_mtu};
  }
  for (const InboundSaSnapshot& sa : source.data_plane.inbound) {
    ++by_id[sa.peer].inbound;
    by_id[sa.peer].received.add(sa.traffic);
  }
  for (const OutboundSaSnapshot& sa : source.data_plane.outbound) {
    ++by_id[sa.peer].outbound;
    by_id[sa.peer].sent.add(sa.traffic);
  }
  std::unordered_map<std::string, PeerTraffic> by_name;
  for (auto& [id, traffic] : by_id) by_name[source.peer_name(id)] = std::move(traffic);
  return by_name;
}

std::size_t effective_mtu(const StatusSource& source, const PeerTraffic& traffic) {
  if (traffic.inner_limit == 0) return source.mtu;
  return std::min<std::size_t>(source.mtu, traffic.inner_limit);
}

Json make_peer(const StatusSource& source, const PeerSummary& peer, const PeerTraffic& traffic,
               const IkePeerStatus* ike) {
  Json endpoint;
  if (traffic.path) {
    endpoint = traffic.path->remote.to_string();
  } else if (peer.endpoint) {
    endpoint = peer.endpoint->to_string();
  }
  Json last;
  if (traffic.last_received) last = age_ms(*traffic.last_received, source.now);
  Json object{{"name", peer.name},
              {"endpoint", std::move(endpoint)},
              {"endpoint_configured", peer.endpoint.has_value()},
              {"endpoint_name", text_or_null(peer.host_name)},
              {"endpoint_problem", text_or_null(peer.name_problem)},
              {"allowed_ips", text_list(peer.allowed_ips)},
              {"last_received_ago_ms", std::move(last)},
              {"received_packets", traffic.received.packets},
              {"received_bytes", traffic.received.bytes},
              {"sent_packets", traffic.sent.packets},
              {"sent_bytes", traffic.sent.bytes},
              {"inbound_sas", traffic.inbound},
              {"outbound_sas", traffic.outbound},
              {"mss_clamp_mtu_bytes", peer.clamp_mtu},
              {"effective_mtu_bytes", effective_mtu(source, traffic)},
              {"keepalive_s", std::chrono::duration_cast<Seconds>(peer.keepalive).count()}};
  if (ike != nullptr) object["ike"] = ike_status_json(*ike);
  return object;
}

Json make_peers(const StatusSource& source) {
  std::unordered_map<std::string, const IkePeerStatus*> ike;
  for (const IkePeerStatus& status : source.ike) ike[source.peer_name(status.peer)] = &status;
  const auto traffic = traffic_by_peer(source);
  Json peers = Json::array();
  for (const PeerSummary& peer : source.peers) {
    const auto seen = traffic.find(peer.name);
    const auto status = ike.find(peer.name);
    peers.push_back(make_peer(source, peer, seen != traffic.end() ? seen->second : PeerTraffic(),
                              status != ike.end() ? status->second : nullptr));
  }
  return peers;
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
  Json drops = Json::object();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    drops[std::string(drop_reason_name(reason))] = source.data_plane.drops.value(reason);
  }
  Json status{{"name", source.name},
              {"version", kVersion},
              {"pid", source.pid},
              {"uptime_ms", source.uptime.count()},
              {"config_file", source.config_file},
              {"interface", make_interface(source)},
              {"io", make_io(source)},
              {"peers", make_peers(source)},
              {"drops", std::move(drops)},
              {"transmits", source.data_plane.transmits},
              {"inner_writes", source.data_plane.inner_writes}};
  if (source.ike_counters) status["ike"] = ike_counters_json(*source.ike_counters);
  return status;
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
  Json ike_sas = Json::array();
  for (const IkePeerStatus& status : source.ike) {
    if (status.spi_initiator) ike_sas.push_back(ike_sa_json(status, source.peer_name(status.peer)));
  }
  return Json{{"name", source.name}, {"sas", std::move(sas)}, {"ike_sas", std::move(ike_sas)}};
}

}  // namespace hawser
