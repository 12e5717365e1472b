# SPDX-License-Identifier: Apache-2.0
"""Replay windows of several paths: those that size themselves drop nothing for coming late, those
of 64 packets do. The world is that of lab_multipath.py.

    test_windows.py [SCENARIO...]     all by default

Each kind of reordering in turn with `replay-window = 64` and with `auto`; then in order again until
the windows are back at their minimum.
"""
import sys
import time

import lab_multipath as mp
import lab_traffic
from lab import Lab

LINK = "rate 50M delay 20ms queue 100ms"
MINIMUM = 1024
SETTLING = 2  # seconds in which a window may learn
MEASURED = 4
CALM = 60  # seconds until a window is back at its minimum, at the latest
PACKETS = 8000  # a second


def windows(tunnel):
    return [window for path in mp.paths(tunnel.b) for window in path["windows"]]


def too_old(tunnel):
    return sum(window["too_old_packets"] for window in windows(tunnel))


def stream(world, tunnel, seconds):
    return lab_traffic.start_dgram(world.lab, "flood", world.client, world.server, tunnel.b.address,
                                   size=400, rate_pps=PACKETS, seconds=seconds)


def run(lab, links, window):
    """A world with that traffic and the share of packets too old after the first seconds."""
    world = mp.Uplinks(lab, links)
    tunnel = world.tunnel({"peer.far": {"replay-window": window}}).start().wait_until_up()
    if len(links) > 1:
        mp.wait_for_paths(tunnel, len(links))
    result = stream(world, tunnel, SETTLING + MEASURED)
    time.sleep(SETTLING + 0.3)
    learned = too_old(tunnel)
    report = result()
    late = too_old(tunnel) - learned
    sizes = sorted({each["replay_window_packets"] for each in windows(tunnel)})
    share = late / (report["sent"] * MEASURED / (SETTLING + MEASURED))
    lab.say(f"  replay-window = {window}: {late} too old ({100 * share:.2f} %) from {SETTLING} s "
            f"on, {learned} before; windows of {sizes}")
    lab.check(report["duplicated"] == 0 and report["sent"] > PACKETS * SETTLING,
              f"{report['sent']} sent, none came twice")
    return world, tunnel, late, share


def becomes_small(lab, world, tunnel):
    """In order again the windows are back at their minimum within a minute."""
    for link in world.links.values():
        link.set(f"both clear {LINK}")
    ended = time.monotonic()
    result = stream(world, tunnel, 20)

    def largest():
        return max(each["replay_window_packets"] for each in windows(tunnel))
    while largest() > MINIMUM and time.monotonic() < ended + CALM:
        time.sleep(0.2)
    lab.check(largest() == MINIMUM,
              f"{time.monotonic() - ended:.1f} s after the end the largest window is {largest()}")
    result()


def compare(lab, links):
    world, tunnel, _, share = run(lab, links, "64")
    lab.check(share > 0.005, f"{100 * share:.2f} % were too old for windows of 64")
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()
    world, tunnel, late, _ = run(lab, links, "auto")
    lab.check(late == 0, f"{late} were too old for windows that size themselves")
    becomes_small(lab, world, tunnel)
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()


def late_ones(lab):
    """Two links, in each of which 1 % of the packets come 5 to 50 ms late."""
    compare(lab, [f"{LINK} reorder 1%:5ms-50ms"] * 2)


def two_ways(lab):
    """One link with two ways inside, of 20 and 35 ms, packet by packet."""
    compare(lab, [f"{LINK} ecmp 35ms:50%"])


def striped(lab):
    """One SA over two unequal links, as of a sender who knows no paths: 20 and 80 ms, 3 to 1."""
    compare(lab, [f"{LINK} ecmp 80ms:25%"])


SCENARIOS = {test.__name__: test for test in (late_ones, two_ways, striped)}


def main():
    names = sys.argv[1:] or list(SCENARIOS)
    with Lab(limit=(2 * CALM + 40) * len(names)) as lab:
        for name in names:
            lab.say(f"{name}: {SCENARIOS[name].__doc__}")
            SCENARIOS[name](lab)


main()
