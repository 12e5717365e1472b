// SPDX-License-Identifier: Apache-2.0
#include "cli/paths_report.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

constexpr std::array<TrafficClass, kTrafficClasses> kClasses = {
    TrafficClass::kRealTime, TrafficClass::kInteractive, TrafficClass::kBulk};

// To a microsecond.
Json milliseconds(Duration duration) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return Json(static_cast<double>(micro) / 1000);
}

Json milliseconds(const std::optional<Duration>& duration) {
  return duration ? milliseconds(*duration) : Json();
}

Json age_ms(const std::optional<TimePoint>& then, TimePoint now) {
  if (!then) return {};
  return std::chrono::duration_cast<Milliseconds>(now - *then).count();
}

// To four places: JSON has no need for sixteen.
double rounded(double value) { return std::round(value * 10000) / 10000; }

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

template <typename T>
Json text_list(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(item.to_string());
  return list;
}

Json make_estimate(const PathEstimate& estimate, TimePoint now) {
  const bool has_voice = estimate.mos > 0;
  return Json{{"rtt_ms", milliseconds(estimate.rtt)},
              {"rtt_min_ms", milliseconds(estimate.rtt_min)},
              {"rtt_variation_ms", milliseconds(estimate.rtt_variation)},
              {"queueing_delay_ms", milliseconds(estimate.queueing)},
              {"jitter_ms", milliseconds(estimate.jitter)},
              {"loss_ratio", rounded(estimate.loss)},
              {"loss_burst_packets", rounded(estimate.loss_burst)},
              {"congested_ratio", rounded(estimate.congested)},
              {"delivery_rate_bps", estimate.delivery_rate_bps},
              {"delivered_bytes", estimate.delivered_bytes},
              {"lost_packets", estimate.lost_packets},
              {"in_flight_bytes", estimate.in_flight_bytes},
              {"reorder_extent_packets", estimate.reorder_extent},
              {"r_factor", has_voice ? Json(rounded(estimate.r_factor)) : Json()},
              {"mos", has_voice ? Json(rounded(estimate.mos)) : Json()},
              {"updated_ago_ms", age_ms(estimate.updated, now)}};
}

Json make_windows(const std::vector<PathWindow>& windows) {
  Json list = Json::array();
  for (const PathWindow& window : windows) {
    list.push_back(Json{{"spi", spi_text(window.spi)},
                        {"replay_window_packets", window.packets},
                        {"reorder_extent_packets", window.reorder_extent},
                        {"too_old_packets", window.too_old}});
  }
  return list;
}

Json make_uses(const PathStatus& path) {
  Json uses = Json::object();
  for (const TrafficClass one : kClasses) {
    const PathUse& use = path.use[static_cast<std::size_t>(one)];
    uses[std::string(to_string(one))] =
        Json{{"used", use.used}, {"score", rounded(use.score)}, {"why", use.why}};
  }
  return uses;
}

Json make_path(const PathStatus& path, TimePoint now) {
  return Json{{"id", path.id.value()},
              {"name", path.name},
              {"interface", text_or_null(path.interface)},
              {"local", path.addresses.local.to_string()},
              {"remote", path.addresses.remote.to_string()},
              {"state", to_string(path.state)},
              {"reason", path.reason},
              {"since_ms", age_ms(path.since, now)},
              {"state_changes", path.state_changes},
              {"priority", path.preference.priority},
              {"metered", path.preference.metered},
              {"cost", path.preference.cost},
              {"limit_bps", path.preference.limit_bps},
              {"mtu_bytes", path.mtu},
              {"rate_bps", path.rate_bps},
              {"sent_packets", path.sent_packets},
              {"sent_bytes", path.sent_bytes},
              {"received_packets", path.received_packets},
              {"received_bytes", path.received_bytes},
              {"control_bytes", path.control_bytes},
              {"sending", make_estimate(path.sending, now)},
              {"receiving", make_estimate(path.receiving, now)},
              {"windows", make_windows(path.windows)},
              {"classes", make_uses(path)}};
}

Json make_order(const ReorderStatus& order) {
  const double ratio = order.packets == 0 ? 0
                                          : static_cast<double>(order.reordered) /
                                                static_cast<double>(order.packets);
  return Json{{"packets", order.packets},
              {"reordered_packets", order.reordered},
              {"reordered_ratio", ratio},
              {"extent_packets", order.extent}};
}

Json make_bond(const std::string& peer, const BondStatus& bond, TimePoint now) {
  Json policies = Json::object();
  for (const TrafficClass one : kClasses) {
    policies[std::string(to_string(one))] = bond.policy[static_cast<std::size_t>(one)];
  }
  Json paths = Json::array();
  for (const PathStatus& path : bond.paths) paths.push_back(make_path(path, now));
  const auto primary = std::ranges::find_if(
      bond.paths, [&](const PathStatus& path) { return path.id == bond.primary; });
  return Json{{"name", peer},
              {"primary", primary == bond.paths.end() ? Json() : Json(primary->name)},
              {"primary_changes", bond.primary_changes},
              {"policies", std::move(policies)},
              {"paths", std::move(paths)},
              {"arrived", make_order(bond.arrived)},
              {"delivered", make_order(bond.delivered)},
              {"duplicates_dropped", bond.duplicates_dropped},
              {"late_dropped", bond.late_dropped},
              {"recovered_packets", bond.recovered},
              {"parity_sent_packets", bond.parity_sent},
              {"parity_recovered_packets", bond.parity_recovered},
              {"waiting_packets", bond.waiting}};
}

}  // namespace

Json make_paths(const StatusSource& source) {
  Json links = Json::array();
  for (const LocalLink& link : source.links) {
    const auto named = std::ranges::find(source.path_configs, link.name, &PathConfig::interface);
    const bool is_named = named != source.path_configs.end();
    links.push_back(Json{{"interface", link.name},
                         {"name", is_named ? named->name : link.name},
                         {"enabled", !is_named || named->enabled},
                         {"up", link.up},
                         {"mtu_bytes", link.mtu},
                         {"addresses", text_list(link.addresses)},
                         {"unreachable", text_list(link.unreachable)}});
  }
  Json peers = Json::array();
  for (const PeerSnapshot& peer : source.data_plane.peers) {
    if (!peer.bond) continue;
    peers.push_back(make_bond(source.peer_name(peer.peer), *peer.bond, source.now));
  }
  return Json{{"name", source.name}, {"peers", std::move(peers)}, {"links", std::move(links)}};
}

}  // namespace hawser
