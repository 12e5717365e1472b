# SPDX-License-Identifier: Apache-2.0
"""A telephone call through the tunnel, over an emulated link.

    a [sipp, hawser-rtp] -- hw0 == 192.0.2.1 ==== 10 Mbit/s, 20 ms ==== 192.0.2.2 == hw0 -- b
"""
import sys

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        link = lab.link(a, "192.0.2.1/24", b, "192.0.2.2/24", "both rate 10M delay 20ms")
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start()
        call = lab_traffic.start_sipp_call(lab, a, tunnel.a.address, b, tunnel.b.address,
                                           seconds + 3)
        reports = lab_traffic.start_rtp(lab, a, tunnel.a.address, b, tunnel.b.address, seconds)()
        lab.check(call(), "sipp: INVITE, answer, BYE")
        for node, report in zip((a, b), reports):
            heard = report["calls"][0]
            lab.say(f"  {node.name} heard {heard}")
            lab.check(heard["sent"] == 50 * seconds and heard["lost"] == 0 and
                      heard["duplicated"] == 0 and heard["reordered"] == 0,
                      f"{heard['received']} of {heard['sent']} packets, each once and in order")
            lab.check(20 <= heard["delay_min_ms"] < 22, f"delay {heard['delay_min_ms']:.2f} ms")
            lab.check(heard["mos"] > 4.2, f"MOS {heard['mos']:.2f}, R {heard['r_factor']:.1f}")
        stats = link.stats()["a2b"]
        lab.check(stats["in_packets"] >= 50 * seconds, "the voice took the link")
        lab.check(tunnel.stop() == [0, 0], "both daemons end well")


main()
