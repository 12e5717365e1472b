// SPDX-License-Identifier: Apache-2.0
#include "cli/running_tunnel.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "cli/fixed_settings.h"
#include "cli/gateway.h"
#include "cli/state_file.h"
#include "cli/version.h"
#include "cli/worker_start.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

ControlError config_error(std::vector<std::string> lines) {
  return {nullptr, "config", "the config is wrong; the running tunnel is unchanged",
          std::move(lines)};
}

// Addresses of peers of which it is asked which links reach them; of others every link is said to.
constexpr std::size_t kRemotesMax = 64;

// Seconds since 1970 when the clock of the tunnel was 0.
std::int64_t epoch_offset() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Seconds>(since_1970 - monotonic_now().time_since_epoch())
      .count();
}

}  // namespace

ControlError config_refused(const ConfigErrors& errors) {
  std::vector<std::string> lines;
  for (const ConfigError& error : errors) lines.push_back(error.to_string());
  return config_error(std::move(lines));
}

RunningTunnel::RunningTunnel(EventLoop& loop, const Config& config)
    : loop_(loop),
      endpoint_({.workers = config.interface.workers,
                 .ike = IkeOptions{
                     .random = &random_, .pool = &leases_, .epoch_offset = epoch_offset()}}) {}

Result<std::unique_ptr<RunningTunnel>, StartError> RunningTunnel::open(EventLoop& loop,
                                                                       Options options,
                                                                       Publish publish) {
  std::unique_ptr<RunningTunnel> tunnel(new RunningTunnel(loop, options.config));
  if (auto started = tunnel->start(std::move(options), std::move(publish)); !started) {
    return failure(std::move(started.error()));
  }
  return tunnel;
}

Result<void, StartError> RunningTunnel::start(Options options, Publish publish) {
  Config& config = options.config;
  in_force_ = in_force_of(config);
  if (auto opened = open_network(options.runtime_dir); !opened)
    return failure(StartError(opened.error()));
  if (auto opened = open_names(); !opened) return failure(StartError(opened.error()));
  auto worker = start_worker(loop_, config, *interface_);
  if (!worker) return failure(StartError(worker.error()));
  worker_ = std::move(*worker);

  used_keys_.remember(UsedKeys::keys_of(config.endpoint));
  if (auto opened = open_sequences(options); !opened) return opened;
  if (auto opened = open_leases(options); !opened) return failure(StartError(opened.error()));
  if (auto configured = endpoint_.configure(std::move(config.endpoint), monotonic_now());
      !configured) {
    return failure(
        StartError::lasting("peer " + configured.error().peer + ": " + configured.error().what));
  }
  pump_.emplace(loop_, endpoint_, *worker_, *sequences_, *saver_, std::move(publish),
                [this](const Event& event) { take_event(event); });
  if (auto opened = open_links(); !opened) return failure(StartError(opened.error()));
  host_names_ = std::move(config.host_names);
  return {};
}

Result<void, std::string> RunningTunnel::open_network(const std::string& runtime_dir) {
  const InterfaceConfig& settings = in_force_.settings;
  if (auto set = apply_priority(settings.priority); !set) return set;
  const std::string hint = forwarding_hint(settings, in_force_.peers);
  if (!hint.empty()) spdlog::info("{}", hint);
  auto interface = TunnelInterface::open(settings, in_force_.peers, runtime_dir);
  if (!interface) return failure(interface.error());
  interface_ = std::move(*interface);
  resolv_conf_ = ResolvConf::open(runtime_dir, settings.name);
  return {};
}

Result<void, std::string> RunningTunnel::open_names() {
  auto names = EndpointNames::open(
      loop_, [this](const std::string& peer) { return traffic_of(peer); },
      [this](const std::string& peer, const TransportAddress& endpoint) {
        take_address(peer, endpoint);
      });
  if (!names) return failure(names.error());
  names_ = std::move(*names);
  return {};
}

Result<void, StartError> RunningTunnel::open_sequences(Options& options) {
  auto store = SequenceStore::open(options.state_dir + "/" + options.config.interface.name);
  if (!store) return failure(store.error());
  sequences_ = std::move(*store);
  auto saver = SequenceSaver::open(
      loop_, [store = &*sequences_](const std::string& text) { return store->write(text); });
  if (!saver) return failure(StartError(saver.error()));
  saver_ = std::move(*saver);
  if (auto reserved = reserve_sequences(options.config.endpoint, *sequences_, options.first_use);
      !reserved) {
    return failure(StartError::lasting(reserved.error()));
  }
  if (auto saved = sequences_->save(); !saved) return failure(StartError(saved.error()));
  return {};
}

void RunningTunnel::begin() {
  started_ = monotonic_now();
  spdlog::info("hawserd {} started {}: UDP port {}, MTU {}", kVersion, in_force_.settings.name,
               in_force_.settings.listen_port, interface_->state().mtu);
  warn_of_loops();
  names_->set(host_names_);
  pump();
}

EndpointWatch::Traffic RunningTunnel::traffic_of(const std::string& peer) const {
  EndpointWatch::Traffic traffic =
      peer_traffic(worker_->snapshot(), [&](PeerId id) { return endpoint_.peer_name(id) == peer; });
  // While there are no keys IKE asks for them again and again, which counts as sent.
  if (!endpoint_.has_keys(peer)) {
    const auto since_start = std::chrono::duration_cast<Seconds>(monotonic_now() - started_);
    traffic.sent_packets += static_cast<std::uint64_t>(since_start.count());
  }
  return traffic;
}

void RunningTunnel::take_address(const std::string& peer, const TransportAddress& endpoint) {
  PeerSummary* summary = summary_of(peer);
  if (summary == nullptr) return;
  summary->endpoint = endpoint;
  endpoint_.set_peer_endpoint(peer, endpoint, monotonic_now());
  if (auto changed = change_network(in_force_); !changed) spdlog::error("{}", changed.error());
  refresh_links();
  warn_of_loops();
  pump();
}

Result<void, std::string> RunningTunnel::change_network(const ConfigInForce& wanted) {
  const auto state = interface_->plan(wanted.settings, wanted.peers);
  if (!state) return failure(state.error());
  // First, so that nothing of ours meets the new rules without it.
  if (auto marked = worker_->set_mark(state->mark); !marked) return failure(marked.error().what);
  auto changed = interface_->change_to(*state);
  if (!changed) (void)worker_->set_mark(interface_->state().mark);
  return changed;
}

void RunningTunnel::warn_of_loops() {
  for (const PeerSummary& peer : in_force_.peers) {
    if (!peer.endpoint || !interface_->leads_to(peer.endpoint->address)) continue;
    spdlog::warn(
        "peer {}: the route to its endpoint {} leads into the tunnel itself, so nothing will reach "
        "it; take that address out of allowed-ips, or add a route to it",
        peer.name, peer.endpoint->to_string());
  }
}

void RunningTunnel::change_to(Config config, bool first_use, Changed changed) {
  assert(!next_config_);
  if (const ConfigErrors errors = find_refusals(config); !errors.empty()) {
    return changed(config_refused(errors));
  }
  if (auto reserved = reserve_sequences(config.endpoint, *sequences_, first_use); !reserved) {
    return changed(config_error({reserved.error()}));
  }
  next_config_ = std::move(config);
  saver_->save(sequences_->as_text(), [this, changed](const SequenceSaver::Saved& saved) {
    Config next = *std::exchange(next_config_, std::nullopt);
    if (!saved) return changed(ControlError{nullptr, "failed", saved.error(), {}});
    changed(take(std::move(next)));
  });
}

ConfigErrors RunningTunnel::find_refusals(const Config& config) const {
  ConfigErrors errors = find_fixed_changes(in_force_, config);
  if (const std::string peer = used_keys_.find_reuse(config.endpoint); !peer.empty()) {
    errors.push_back({config.file, config.line_of("[sa." + peer + "]"), "key-file",
                      "the key that it sends with was used before; make new ones with "
                      "`hawser keygen --manual`"});
  }
  return errors;
}

std::optional<ControlError> RunningTunnel::take(Config config) {
  // The endpoint takes the keys, so what is kept of the config is taken first.
  ConfigInForce next = in_force_of(config);
  keep_addresses(in_force_, next, config.endpoint);
  if (auto changed = change_network(next); !changed) {
    return ControlError{nullptr, "failed", changed.error(), {}};
  }
  UsedKeys::Keys sending = UsedKeys::keys_of(config.endpoint);
  if (auto configured = endpoint_.configure(std::move(config.endpoint), monotonic_now());
      !configured) {
    if (auto back = change_network(in_force_); !back) spdlog::error("{}", back.error());
    const std::string section = "[peer." + configured.error().peer + "]";
    return config_refused(
        {{config.file, config.line_of(section), section, configured.error().what}});
  }
  used_keys_.remember(std::move(sending));
  in_force_ = std::move(next);
  names_->set(config.host_names);
  refresh_links();
  warn_of_loops();
  pump();
  return std::nullopt;
}

Result<void, std::string> RunningTunnel::open_leases(const Options& options) {
  const InterfaceConfig& interface = options.config.interface;
  const std::string file = options.state_dir + "/" + interface.name + "/leases";
  leases_.set_networks(interface.pool, interface.addresses);
  if (const auto text = read_state_file(file); text && !leases_.load(*text)) {
    spdlog::warn("{} is damaged; peers get other addresses than before", file);
  }
  auto saver = SequenceSaver::open(
      loop_, [file](const std::string& text) { return write_state_file(file, text); });
  if (!saver) return failure(saver.error());
  lease_saver_ = std::move(*saver);
  return {};
}

void RunningTunnel::pump() {
  pump_->pump();
  if (!leases_.poll_changed()) return;
  lease_saver_->save(leases_.to_text(), [](const SequenceSaver::Saved& saved) {
    if (!saved) spdlog::error("{}", saved.error());
  });
}

PeerSummary* RunningTunnel::summary_of(const std::string& peer) {
  const auto found = std::ranges::find(in_force_.peers, peer, &PeerSummary::name);
  return found == in_force_.peers.end() ? nullptr : &*found;
}

void RunningTunnel::take_event(const Event& event) {
  if (const auto* up = std::get_if<PeerUp>(&event)) take_assigned(*up);
  if (const auto* also_at = std::get_if<PeerAlsoAt>(&event)) take_addresses(*also_at);
}

void RunningTunnel::take_addresses(const PeerAlsoAt& event) {
  PeerSummary* summary = summary_of(event.name);
  if (summary == nullptr || summary->also_at == event.addresses) return;
  summary->also_at = event.addresses;
  refresh_links();
}

void RunningTunnel::take_assigned(const PeerUp& event) {
  PeerSummary* summary = summary_of(event.name);
  if (summary == nullptr) return;
  // Not for a gateway of thousands, whose links lead to all of them.
  if (in_force_.peers.size() <= kRemotesMax) {
    summary->seen_at = event.path.remote.address;
    summary->also_at.clear();
    refresh_links();
  }
  if (!event.dns.empty()) {
    if (auto set = resolv_conf_->set(event.dns); !set) spdlog::error("{}", set.error());
  }
  if (summary->assigned == event.assigned) return;
  summary->assigned = event.assigned;
  if (auto changed = change_network(in_force_); !changed) spdlog::error("{}", changed.error());
}

bool RunningTunnel::request(std::string_view peer, IkeRequest request) {
  const bool done = endpoint_.request(peer, request, monotonic_now());
  pump();
  return done;
}

std::vector<std::string> RunningTunnel::negotiated_peers() const {
  std::vector<std::string> names;
  for (const PeerSummary& peer : in_force_.peers) {
    if (peer.negotiated) names.push_back(peer.name);
  }
  return names;
}

Result<void, std::string> RunningTunnel::open_links() {
  auto links =
      LinkWatcher::open(loop_,
                        {.device = interface_->device().name(),
                         .index = interface_->index(),
                         .mark = interface_->state().mark},
                        {.links = [this](const std::vector<LocalLink>& now) { take_links(now); },
                         .settled = [this] { endpoint_.handle_link_change(monotonic_now()); }});
  if (!links) return failure(links.error());
  links_ = std::move(*links);
  path_routes_.emplace(interface_->changes());
  refresh_links();
  return {};
}

void RunningTunnel::take_links(const std::vector<LocalLink>& links) {
  if (!in_force_.multipath.is_on) return;
  if (auto let = path_routes_->let_answers_in(links); !let) spdlog::error("{}", let.error());
  const auto changed = path_routes_->update(in_force_.multipath.paths, links);
  if (!changed) return spdlog::error("{}", changed.error());
  if (*changed) return refresh_links();
  endpoint_.handle_links(links, monotonic_now());
  loop_.wake_up();
}

void RunningTunnel::refresh_links() {
  std::vector<IpAddress> remotes;
  const auto add = [&](const IpAddress& address) {
    const bool is_new = std::ranges::find(remotes, address) == remotes.end();
    if (is_new && remotes.size() < kRemotesMax) remotes.push_back(address);
  };
  for (const PeerSummary& peer : in_force_.peers) {
    if (peer.endpoint) add(peer.endpoint->address);
    if (peer.seen_at) add(*peer.seen_at);
    for (const IpAddress& address : peer.also_at) add(address);
  }
  links_->set_remotes(std::move(remotes), interface_->state().mark);
  take_links(links_->links());
}

Result<void, std::string> RunningTunnel::change_paths(const PathRequest& request) {
  auto changed = hawser::change_paths(request, in_force_.multipath.paths, links_->links());
  if (!changed) return failure(changed.error());
  in_force_.multipath.paths = std::move(*changed);
  endpoint_.change_paths(in_force_.multipath.paths);
  refresh_links();
  pump();
  return {};
}

void RunningTunnel::say_goodbye() {
  endpoint_.shut_down(monotonic_now());
  pump();
}

StatusSource RunningTunnel::status_source() const {
  const TimePoint now = monotonic_now();
  const InterfaceState& state = interface_->state();
  std::vector<PeerSummary> peers = in_force_.peers;
  for (PeerSummary& peer : peers) peer.name_problem = names_->problem_of(peer.name);
  return {.name = in_force_.settings.name,
          .config_file = in_force_.file,
          .pid = getpid(),
          .uptime = std::chrono::duration_cast<Milliseconds>(now - started_),
          .addresses = state.addresses,
          .routes = state.destinations(),
          .rules = state.rules,
          .mark = state.mark,
          .mtu = state.mtu,
          .peers = std::move(peers),
          .asked = in_force_.settings.offload,
          .io_setting = in_force_.settings.io,
          .io = worker_->status(),
          .data_plane = worker_->snapshot(),
          .peer_name = [this](PeerId peer) { return endpoint_.peer_name(peer); },
          .ike = endpoint_.ike_status(now),
          .ike_counters = endpoint_.ike_counters(),
          .links = links_->links(),
          .path_configs = in_force_.multipath.paths,
          .now = now};
}

}  // namespace hawser
