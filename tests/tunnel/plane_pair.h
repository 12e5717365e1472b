// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/tunnel_fixture.h"
#include "tunnel/data_plane.h"

namespace hawser {

// A left DataPlane (10.1.0.0/16, fd01::/16) that has the right one (10.2.0.0/16, fd02::/16) as its
// peer 1, and the other way round; one worker each.
struct PlanePair {
  explicit PlanePair(bool esn = true) {
    SaPair pair = test_sa_pair(0, 1, 1, AeadAlgorithm::kAes256Gcm, esn);
    install(left, std::move(pair.left), {"10.2.0.0/16", "fd02::/16"}, "192.0.2.2:4500");
    install(right, std::move(pair.right), {"10.1.0.0/16", "fd01::/16"}, "192.0.2.1:4500");
  }

  static void install(DataPlane& plane, ManualSa sa,
                      std::initializer_list<std::string_view> allowed, std::string_view remote) {
    plane.handle_command(InstallPeer{.peer = PeerId(1),
                                     .allowed_ips = prefixes(allowed),
                                     .path = AddressPair{{}, transport(remote)},
                                     .effective_mtu = 1438},
                         {});
    plane.handle_command(InstallInboundSa{PeerId(1), sa.spi_in, sa.key_in.clone(), sa.esn}, {});
    plane.handle_command(InstallOutboundSa{PeerId(1), sa.spi_out, sa.key_out.clone(), sa.esn}, {});
  }

  // From left's TUN device to the wire.
  std::vector<Bytes> seal(Bytes packet, Gso gso = {}) {
    InnerPacket inner{packet, gso};
    left.handle_inner_packets({&inner, 1}, {});
    return drain_datagrams(left);
  }
  // From the wire to right's TUN device.
  std::vector<Bytes> open(std::vector<Bytes> datagrams) {
    std::vector<OuterPacket> batch;
    for (Bytes& datagram : datagrams) {
      batch.push_back({{{}, transport("192.0.2.1:4500")}, datagram, Ecn::kNotEct});
    }
    right.handle_outer_packets(batch, {});
    return drain_inner(right);
  }
  static std::uint64_t drops(const DataPlane& plane, DropReason reason) {
    return plane.snapshot().drops.value(reason);
  }

  DataPlane left{DataPlane::Options{}};
  DataPlane right{DataPlane::Options{}};
};

}  // namespace hawser
