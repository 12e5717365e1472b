// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/seeded_random.h"
#include "tests/support/tunnel_fixture.h"
#include "tunnel/data_plane.h"

namespace hawser {

// As PlanePair, with multipath: each peer has a bond, of one path.
struct BondedPlanePair {
  BondedPlanePair() {
    SaPair pair = test_sa_pair(0, 1, 1);
    install(left, std::move(pair.left), "10.2.0.0/16", "192.0.2.2:4500");
    install(right, std::move(pair.right), "10.1.0.0/16", "192.0.2.1:4500");
  }

  static void install(DataPlane& plane, ManualSa sa, std::string_view allowed,
                      std::string_view remote) {
    const PeerId peer(1);
    const AddressPair addresses{{}, transport(remote)};
    plane.handle_command(InstallPeer{.peer = peer,
                                     .allowed_ips = prefixes({allowed}),
                                     .path = addresses,
                                     .effective_mtu = 1430},
                         {});
    plane.handle_command(
        InstallInboundSa{
            .peer = peer, .spi = sa.spi_in, .key = sa.key_in.clone(), .esn = sa.esn, .shim = true},
        {});
    plane.handle_command(InstallOutboundSa{.peer = peer,
                                           .spi = sa.spi_out,
                                           .key = sa.key_out.clone(),
                                           .esn = sa.esn,
                                           .shim = true},
                         {});
    plane.handle_command(BeginBond{.peer = peer, .full_frame = 1438}, {});
    plane.handle_command(SetPath{peer, {.path = PathId(0), .addresses = addresses}}, {});
  }

  SeededRandom random{1};
  DataPlane left{DataPlane::Options{.random = &random}};
  DataPlane right{DataPlane::Options{.random = &random}};
};

}  // namespace hawser
