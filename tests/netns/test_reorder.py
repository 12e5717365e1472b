# SPDX-License-Identifier: Apache-2.0
"""Reordering on the wire: the self-sizing replay window loses nothing, one of 64 does.

    a ---- 192.0.2.1 ==== emulated link, 100 Mbit/s ==== 192.0.2.2 ---- b
       hw-auto: replay-window = auto          hw-64: replay-window = 64

The same stream through both tunnels at once, over (a) two delays inside one path, (b) 1 % of
packets 5 to 50 ms late. Then in order again, until the window is back at its minimum.

    test_reorder.py [SECONDS]     of each kind of reordering
"""
import sys
import time

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel

MINIMUM = 1024
SIZE = 200
RATE_BPS = 34e6  # both tunnels together stay below the link's 100 Mbit/s
IN_ORDER = "both clear rate 100M delay 20ms"
KINDS = {"two delays, 20 and 100 ms, in one path": " ecmp 100ms:50%",
         "1 % of packets 5 to 50 ms late": " reorder 1%:5ms-50ms"}
CALM = 60  # seconds until the window is back at the latest
SETTLING = 2  # seconds in which the window may learn


def inbound(tunnel):
    return next(sa for sa in tunnel.b.sas() if sa["direction"] == "in")


class Stream:
    """hawser-dgram at a steady rate for a while through each tunnel."""

    def __init__(self, lab, tunnels, seconds):
        self.results = [lab_traffic.start_dgram(
            lab, "flood", tunnel.a.node, tunnel.b.node, tunnel.b.address, port=7000 + i, size=SIZE,
            rate_bps=RATE_BPS, seconds=seconds) for i, tunnel in enumerate(tunnels)]

    def check_end(self, lab):
        for result in self.results:
            report = result()
            lab.check(report["sent"] > 0 and report["duplicated"] == 0,
                      f"{report['sent_pps']:.0f} datagrams/s sent, none twice")


def reordered(lab, link, tunnels, name, settings, seconds):
    auto, fixed = tunnels
    link.set(IN_ORDER + settings)
    time.sleep(SETTLING)
    learned, small = inbound(auto), inbound(fixed)
    time.sleep(seconds - SETTLING)
    after, small_after = inbound(auto), inbound(fixed)
    late = after["too_old_packets"] - learned["too_old_packets"]
    packets = after["packets"] - learned["packets"]
    lab.check(late == 0 and packets > 1000 * (seconds - SETTLING),
              f"{name}: from {SETTLING} s on {late} of {packets} packets too old for the "
              f"self-sizing window ({learned['too_old_packets']} before), which has "
              f"{after['replay_window_packets']} packets for an extent of "
              f"{after['reorder_extent_packets']}")
    lost = small_after["too_old_packets"] - small["too_old_packets"]
    share = lost / max(1, lost + small_after["packets"] - small["packets"])
    lab.check(share > 0.005, f"{name}: {100 * share:.2f} % too old for the window of 64")
    lab.check(after["replay_window_packets"] > after["reorder_extent_packets"],
              "the window is larger than the extent")


def shrinks(lab, link, tunnel):
    """Back at the minimum in at most a minute. Waits no longer than needed. A window
    looks at itself with each packet: the pings are for when the stream has ended before it."""
    link.set(IN_ORDER)
    ended = time.monotonic()
    while time.monotonic() < ended + CALM and inbound(tunnel)["replay_window_packets"] > MINIMUM:
        tunnel.a.node.ping(tunnel.b.address, count=1, wait=0.2)
        time.sleep(0.2)
    window = inbound(tunnel)["replay_window_packets"]
    lab.check(window == MINIMUM,
              f"{time.monotonic() - ended:.1f} s after the end the window is {window}")


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    with Lab(limit=200 + 4 * seconds) as lab:
        a, b = lab.node("a"), lab.node("b")
        link = lab.link(a, "192.0.2.1/24", b, "192.0.2.2/24", IN_ORDER)
        tunnels = [Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name=name, port=4500 + slot,
                          slot=slot, inner=f"10.{slot}.0", inner6=f"fd00:{slot}::")
                   for slot, name in ((1, "hw-auto"), (2, "hw-64"))]
        for tunnel, window in zip(tunnels, ("auto", "64")):
            for end in tunnel.ends:
                end.sections["sa.far"]["replay-window"] = window
                end.write_config(end.sections)
            tunnel.start()
        # Traffic for the reordering, and for the two epochs after it.
        stream = Stream(lab, tunnels, len(KINDS) * seconds + 14)
        time.sleep(0.5)
        for name, settings in KINDS.items():
            reordered(lab, link, tunnels, name, settings, seconds)
        shrinks(lab, link, tunnels[0])
        stream.check_end(lab)
        for tunnel in tunnels:
            lab.check(tunnel.stop() == [0, 0], f"{tunnel.name}: both daemons end well")


main()
