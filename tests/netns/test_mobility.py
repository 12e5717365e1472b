# SPDX-License-Identifier: Apache-2.0
"""Addresses that change in the middle of a call: by a NAT on the way, of the client, of the server.
The world is that of lab_multipath.py; the call is voice of 50 datagrams a second both ways.

    test_mobility.py [--runs N] [SCENARIO...]     one run of each by default; figures are medians

A gap is counted from the first upstream packet after the change: until then nobody can know.
"""
import json
import statistics
import sys
import time

import lab_multipath as mp
from lab_voice import SPACING_MS, Call, now_ms

GAP_MS = 2 * mp.BASELINE_RTT_MS + 50
PUBLIC, PUBLIC_2, THIRD = "203.0.113.50", "203.0.113.51", "203.0.113.77"
# Sends one datagram: payload in hex, from, to.
REPEAT = """
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind((sys.argv[2], 4500))
sender.sendto(bytes.fromhex(sys.argv[1]), (sys.argv[3], 4500))
"""


def begin(lab, links=1, nat=True, sections=None, restricted=False, **options):
    world = mp.Uplinks(lab, mp.BASELINE[:links], **options)
    if nat:
        world.prepare_nat(PUBLIC, PUBLIC_2, restricted=restricted)
        world.translate("a", PUBLIC, 20_001)
    tunnel = world.tunnel(sections).start().wait_until_up()
    return world, mp.wait_for_paths(tunnel, max(links, options.get("server_addresses", 1)))


def end(lab, world, tunnel):
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()


def endpoint_of_client(tunnel):
    """Where the server believes the client to be."""
    return tunnel.b.status()["peers"][0]["endpoint"]


class Changes:
    """Calls with a change at 2 s, and TCP flows that have to survive it."""

    def __init__(self, lab):
        self.lab, self.gaps = lab, ([], [])

    def voice(self, tunnel, change):
        """Alone: other packets would tell the peer sooner."""
        call = Call(self.lab, tunnel, 5)
        before = call.wait(2)
        before = change() or before  # may say itself when it began
        after = now_ms()
        for side, heard in zip(self.gaps, call.end()):
            # The change was some time in between: no gap is longer than this.
            side.append(heard.back_ms(after) - heard.next_sent_ms(before) - SPACING_MS)
            self.lab.check(heard.lost(after + 1000) == 0, f"it goes on: {heard.lost()} lost, "
                           f"{heard.gap_ms(before):.0f} ms between two arrivals")

    def flow(self, world, tunnel, change):
        bulk = mp.start_bulk(self.lab, world.client, world.server, tunnel.b.address, 4, 1)
        time.sleep(2.5)
        change()
        report = bulk()
        octets = report["octets_per_second"][:5]
        self.lab.check(min(octets) > 0 and octets[-1] > 1e6,
                       f"TCP goes on after {report['longest_stall_ms']:.0f} ms without an octet: "
                       f"{octets} each second")

    def judge(self, what):
        for who, gaps in zip(("from the client", "to the client"), self.gaps):
            self.lab.check(statistics.median(gaps) <= GAP_MS,
                           f"{what}, {who}: {statistics.median(gaps):.0f} ms (at most {GAP_MS}), "
                           f"worst {max(gaps):.0f} of {len(gaps)}")


def rebind(lab, runs):
    """The NAT gives the client another port, and another address."""
    for links in (1, 2):
        changes = Changes(lab)
        for _ in range(runs):
            world, tunnel = begin(lab, links)
            changes.voice(tunnel, lambda: world.translate("a", PUBLIC_2, 30_001))
            changes.flow(world, tunnel, lambda: world.translate("a", PUBLIC, 20_001))
            seen = endpoint_of_client(tunnel)
            lab.check(links > 1 or str(seen).startswith(PUBLIC), f"the server says {seen}")
            end(lab, world, tunnel)
        changes.judge(f"NAT with {links} link{'s' * (links - 1)}")


def old_packet(lab, _runs):
    """A packet that was recorded earlier comes from a third address: nothing moves."""
    world, tunnel = begin(lab)
    world.net.ip(f"addr add {THIRD}/32 dev to-wan")
    recording = world.net.capture("to-wan", f"udp and dst host {mp.SERVER} and dst port 4500")
    call = Call(lab, tunnel, 6)
    call.wait(1)
    recording.stop()
    packets = [row[0] for row in lab.tshark(recording.file, "udp.payload") if row[0]]
    lab.require(len(packets) > 20, f"{len(packets)} packets recorded")
    before, drops = endpoint_of_client(tunnel), tunnel.b.drops()
    to_third = world.net.capture("to-wan", f"dst host {THIRD}")
    for packet in packets[-20:]:
        world.net.run([sys.executable, "-c", REPEAT, packet.replace(":", ""), THIRD, mp.SERVER])
    up, down = call.end()
    to_third.stop()
    after = endpoint_of_client(tunnel)
    lab.check(before == after, f"the client is where it was: {before}, {after}")
    grown = {reason: count - drops.get(reason, 0) for reason, count in tunnel.b.drops().items()}
    lab.check(sum(grown.values()) >= 20, f"they were dropped: {grown}")
    answers = lab.tshark(to_third.file, "ip.dst")
    lab.check(not answers, f"nothing went there: {len(answers)}")
    lab.check(up.lost() == down.lost() == 0, f"{up.lost()} and {down.lost()} lost meanwhile")
    end(lab, world, tunnel)


def client_moves(lab, runs):
    """The only link of the client gets another address."""
    changes = Changes(lab)
    for _ in range(runs):
        world, tunnel = begin(lab, nat=False)

        changes.voice(tunnel, lambda: world.move("a", "10.1.0.2", "10.1.0.9"))
        changes.flow(world, tunnel, lambda: world.move("a", "10.1.0.9", "10.1.0.17"))
        seen = endpoint_of_client(tunnel)
        lab.check(str(seen).startswith("10.1.0.17"), f"the server says {seen}")
        end(lab, world, tunnel)
    changes.judge("another address of the client")


def lose_address(world):
    """Takes down that way to the server by which more comes; says when."""
    def received():
        return {device: json.loads(world.server.ip(f"-j -s link show {device}"))[0]["stats64"]
                ["rx"]["packets"] for device in ("wan", "wan2")}
    before = received()
    time.sleep(0.3)
    after = received()
    used = max(after, key=lambda device: after[device] - before[device])
    begun = now_ms()
    world.net.ip(f"link set to-{used} down")
    return begun


def server_loses(lab, runs):
    """The server has two addresses, of which the client's config has one, and loses the one in
    use. Behind a NAT that lets nobody else in the client has to begin, so the server tells it."""
    for links, nat in ((1, False), (2, False), (1, True)):
        changes = Changes(lab)
        for _ in range(runs):
            world, tunnel = begin(lab, links, nat, restricted=True, server_addresses=2)
            changes.voice(tunnel, lambda: lose_address(world))
            for device in ("wan", "wan2"):
                world.net.ip(f"link set to-{device} up")
            mp.wait_for_paths(tunnel, 2)
            changes.flow(world, tunnel, lambda: lose_address(world))
            end(lab, world, tunnel)
        changes.judge(f"an address of the server, {links} link{'s' * (links - 1)}"
                      f"{' behind a NAT' * nat}")


SCENARIOS = {test.__name__: test for test in (rebind, old_packet, client_moves, server_loses)}


mp.run_scenarios(__doc__, SCENARIOS, 120)
