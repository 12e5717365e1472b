// SPDX-License-Identifier: Apache-2.0
#include "cli/worker_start.h"

#include <spdlog/spdlog.h>

#include "ike-lite/ike_types.h"

namespace hawser {
namespace {

constexpr WorkerIndex kOnlyWorker{0};
constexpr int kIkeBufferBytes = 256 * 1024;

// A socket of one family. IPv6 may be switched off on a host; then only its peers need it.
Result<std::unique_ptr<UdpSocket>, std::string> open_socket(const Config& config, IpFamily family,
                                                            std::uint32_t mark) {
  auto socket = UdpSocket::open({.family = family,
                                 .port = config.interface.listen_port,
                                 .offloads = config.interface.offload.udp,
                                 .mark = mark});
  if (socket) return std::make_unique<UdpSocket>(std::move(*socket));
  bool needed = family == IpFamily::kV4;
  for (const PeerConfig& peer : config.endpoint.peers) {
    needed = needed || (peer.endpoint && peer.endpoint->address.family() == family);
  }
  if (needed) return failure(socket.error().what);
  spdlog::warn("{}; going on without IPv6 outside", socket.error().what);
  return nullptr;
}

// For IKE with peers that begin on its own port.
Result<std::unique_ptr<UdpSocket>, std::string> open_ike_socket(const Config& config,
                                                                IpFamily family,
                                                                std::uint32_t mark) {
  if (!config.interface.ike_port) return nullptr;
  auto socket = UdpSocket::open({.family = family,
                                 .port = kIkePort,
                                 .offloads = {.gso = false, .gro = false, .batch = true},
                                 .mark = mark,
                                 .buffer_bytes = kIkeBufferBytes});
  if (socket) return std::make_unique<UdpSocket>(std::move(*socket));
  if (family == IpFamily::kV4) return failure(socket.error().what);
  return nullptr;  // said already of the other port
}

}  // namespace

Result<std::unique_ptr<Worker>, std::string> start_worker(EventLoop& loop, const Config& config,
                                                          TunnelInterface& interface) {
  auto udp_v4 = open_socket(config, IpFamily::kV4, interface.state().mark);
  if (!udp_v4) return failure(udp_v4.error());
  auto udp_v6 = open_socket(config, IpFamily::kV6, interface.state().mark);
  if (!udp_v6) return failure(udp_v6.error());
  auto ike_v4 = open_ike_socket(config, IpFamily::kV4, interface.state().mark);
  if (!ike_v4) return failure(ike_v4.error());
  auto ike_v6 = open_ike_socket(config, IpFamily::kV6, interface.state().mark);
  if (!ike_v6) return failure(ike_v6.error());
  auto worker = std::make_unique<Worker>(loop, Worker::Options{.index = kOnlyWorker,
                                                               .workers = config.interface.workers,
                                                               .tun = &interface.device().queue(0),
                                                               .udp_v4 = std::move(*udp_v4),
                                                               .udp_v6 = std::move(*udp_v6),
                                                               .ike_v4 = std::move(*ike_v4),
                                                               .ike_v6 = std::move(*ike_v6),
                                                               .links = {}});
  if (auto started = worker->start(); !started) return failure(started.error().what);
  return worker;
}

}  // namespace hawser
