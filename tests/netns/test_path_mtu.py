# SPDX-License-Identifier: Apache-2.0
"""Paths that take less than their ends think: a link of 1400 octets behind the first router.

    a [wan0] --1500-- [r] --1400-- [s] --1500-- [wan0] b

    test_path_mtu.py [SCENARIO...]     all by default
"""
import os
import re
import socket
import struct
import sys
import time

import lab_multipath as mp
import lab_traffic
from lab import Lab, Ping
from lab_ike import IkeTunnel
from lab_tunnel import Tunnel

NARROW = 1400
OUTER = {4: ("192.0.2.1", "198.51.100.2"), 6: ("2001:db8:a::1", "2001:db8:b::2")}
# What ESP leaves of it, IP and UDP headers included.
INNER = {4: NARROW - 62, 6: NARROW - 82}
SHIM = 8
FORGED = "--forge"


class Route:
    """The two ends and the routers between."""

    def __init__(self, lab, narrow=NARROW):
        self.a, self.r, self.s, self.b = (lab.node(name) for name in "arsb")
        lab.veth(self.a, "192.0.2.1/24 2001:db8:a::1/64", self.r, "192.0.2.254/24 2001:db8:a::f/64",
                 "wan0", "to-a")
        lab.veth(self.r, "203.0.113.1/24 2001:db8:c::1/64", self.s,
                 "203.0.113.2/24 2001:db8:c::2/64", "to-s", "to-r", mtu=narrow)
        lab.veth(self.s, "198.51.100.254/24 2001:db8:b::f/64", self.b,
                 "198.51.100.2/24 2001:db8:b::2/64", "to-b", "wan0")
        for node in (self.r, self.s):
            node.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        for node, near, near6 in ((self.a, "192.0.2.254", "2001:db8:a::f"),
                                  (self.r, "203.0.113.2", "2001:db8:c::2"),
                                  (self.s, "203.0.113.1", "2001:db8:c::1"),
                                  (self.b, "198.51.100.254", "2001:db8:b::f")):
            node.ip(f"route add default via {near}")
            node.ip(f"-6 route add default via {near6}")
        # The routers know their neighbours.
        for address in ("198.51.100.2", "2001:db8:b::2"):
            self.a.ping(address, count=2)

    def close(self, lab):
        for node in (self.a, self.r, self.s, self.b):
            lab.run_here(["ip", "netns", "del", node.name])
            del lab.nodes[node.name]


def effective_mtu(end):
    return end.status()["peers"][0]["effective_mtu_bytes"]


def ping_too_large(node, address, size):
    """How many came back, and the MTUs that the sender was told of."""
    done = node.run(f"ping -n -c 5 -i 0.05 -W 1 -M do -s {size} {address}", check=False)
    return (Ping(done.stdout).received,
            set(re.findall(r"mtu ?[=:] ?(\d+)", done.stdout + done.stderr)))


def carries(lab, tunnel, limit):
    """TCP from the first second, and pings that may not be fragmented, both families inside."""
    a, b = tunnel.ends
    for near, far in ((a, b), (b, a)):
        for address in (far.address, far.address6):
            run = lab_traffic.iperf3(lab, far.node, near.node, address, seconds=2)
            first = run.report["intervals"][0]["sum"]["bits_per_second"]
            lab.check(first > 20e6 and run.bps > 20e6,
                      f"TCP to {address}: {first / 1e6:.0f} Mbit/s in the first second, "
                      f"{run.bps / 1e6:.0f} in all")
    for near, far in ((a, b), (b, a)):
        for address, headers in ((far.address, 28), (far.address6, 48)):
            fits = near.node.ping(address, count=5, interval=0.05, size=limit - headers,
                                  dont_fragment=True)
            lab.check(fits.loss == 0, f"ping {address} of {limit} octets in one piece")
            received, told = ping_too_large(near.node, address, limit - headers + 1)
            lab.check(received == 0 and told == {str(limit)},
                      f"one more octet: the sender hears of an MTU of {told}")
            # The other end may have to find out the size of its way back.
            parts = near.node.ping(address, count=5, interval=0.05, size=1400, extra="-M dont")
            lab.check(parts.received >= 4, f"in parts {parts.received} of 5 come back")
    shown = [effective_mtu(end) for end in tunnel.ends]
    lab.check(shown == [limit] * 2, f"inner packets have at most {shown} octets")


def wire_is_whole(lab, node, device):
    """A capture whose result says whether outer packets were fragmented."""
    capture = node.capture(device, "ip[6:2] & 0x3fff != 0 or (ip6 and ip6[6] == 44)")

    def count():
        capture.stop()
        return len(lab.tshark(capture.file, "frame.number"))
    return count


def manual(lab):
    """Manual keys, one path."""
    for family in (4, 6):
        world = Route(lab)
        tunnel = Tunnel(lab, world.a, OUTER[family][0], world.b, OUTER[family][1],
                        name=f"hw{family}").start()
        lab.say(f"  outer IPv{family}")
        fragments = wire_is_whole(lab, world.a, "wan0")
        carries(lab, tunnel, INNER[family])
        # Those of the pings that may be fragmented, and what was on its way as the router spoke.
        count = fragments()
        lab.check(count < 60, f"{count} outer fragments")
        lab.check(tunnel.stop() == [0, 0], "both daemons end well")
        world.close(lab)


def ike(lab):
    """Negotiated keys, the shim, one path."""
    for family in (4, 6):
        world = Route(lab)
        tunnel = IkeTunnel(lab, world.a, OUTER[family][0], world.b, OUTER[family][1],
                           name=f"hwi{family}", inner6="fd00:8::").start().wait_until_up()
        lab.say(f"  outer IPv{family}")
        carries(lab, tunnel, INNER[family] - SHIM)
        shown = [mp.paths(end)[0]["mtu_bytes"] for end in tunnel.ends]
        lab.check(shown == [NARROW] * 2, f"hawser paths shows an MTU of {shown}")
        lab.check(tunnel.stop() == [0, 0], "both daemons end well")
        world.close(lab)


def near(lab):
    """An interface of ours that takes less is known without a lost packet, also when it changes."""
    world = Route(lab, narrow=1500)
    world.a.ip("link set wan0 mtu 1400")
    tunnel = IkeTunnel(lab, world.a, OUTER[4][0], world.b, OUTER[4][1]).start().wait_until_up()
    limit = INNER[4] - SHIM
    ping = world.a.ping(tunnel.b.address, count=10, interval=0.02, size=limit - 28,
                        dont_fragment=True)
    lab.check(ping.loss == 0 and effective_mtu(tunnel.a) == limit, "all pings come back")
    world.a.ip("link set wan0 mtu 1300")
    lab.wait_for(lambda: mp.paths(tunnel.a)[0]["mtu_bytes"] == 1300, 5, "the path follows")
    ping = world.a.ping(tunnel.b.address, count=10, interval=0.02, size=limit - 100 - 28,
                        dont_fragment=True)
    lab.check(ping.loss == 0 and effective_mtu(tunnel.a) == limit - 100, "and so do packets")
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close(lab)


def two_paths(lab):
    """Of two paths the narrower one decides, and both are used."""
    world = mp.Uplinks(lab, ["rate 20M delay 20ms queue 100ms"] * 2)
    for node, device in ((world.client, "wan-b"), (world.net, "link-b")):
        node.ip(f"link set {device} mtu {NARROW}")
    tunnel = world.tunnel().start().wait_until_up()
    mp.wait_for_paths(tunnel, 2)
    report = mp.start_bulk(lab, world.client, world.server, tunnel.b.address, 4, 5)()
    lab.check(report["goodput_bps"] > 24e6,
              f"{report['goodput_bps'] / 1e6:.1f} Mbit/s over two links of 20")
    back = mp.start_bulk(lab, world.server, world.client, tunnel.a.address, 4, 5)()
    lab.check(back["goodput_bps"] > 24e6, f"back: {back['goodput_bps'] / 1e6:.1f} Mbit/s")
    for end in tunnel.ends:
        found = {path["remote"] if end is tunnel.b else path["interface"]: path["mtu_bytes"]
                 for path in mp.paths(end)}
        lab.check(sorted(found.values()) == [NARROW, 1500], f"MTUs are {found}")
    lab.check(effective_mtu(tunnel.a) == effective_mtu(tunnel.b) == INNER[4] - SHIM,
              f"inner packets have at most {effective_mtu(tunnel.a)} octets")
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def forge(device, mtu, count, truth):
    """On a router: says of packets that came by that they were too large. Without truth it has not
    seen them."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    wire.bind((device, 0x0800))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sent = 0
    while sent < count:
        packet = bytearray(wire.recv(2000))
        if packet[9] != 17 or packet[12:16] != socket.inet_aton(OUTER[4][0]):
            continue
        for _ in range(1 if truth else 20):
            if not truth:
                packet[28:36] = os.urandom(8)
            message = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + packet[:128]
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
            out.sendto(message, (OUTER[4][0], 0))
            sent += 1


def forged(lab):
    """Who cannot see the packets changes nothing; who can makes them smaller, but stops nothing."""
    world = Route(lab, narrow=1500)
    tunnel = Tunnel(lab, world.a, OUTER[4][0], world.b, OUTER[4][1]).start()

    def attack(mtu, count, truth):
        forger = world.r.spawn("forger", [sys.executable, os.path.abspath(__file__), FORGED,
                                          "to-a", str(mtu), str(count), str(int(truth))])
        time.sleep(0.5)
        run = lab_traffic.iperf3(lab, world.b, world.a, tunnel.b.address, seconds=3)
        lab.check(forger.wait(5) == 0, "the forger has seen enough")
        return run

    run = attack(600, 500, False)
    refused = tunnel.a.drops().get("icmp-refused", 0)
    lab.check(run.bps > 20e6 and refused > 0 and effective_mtu(tunnel.a) == 1438,
              f"blindly: {run.bps / 1e6:.0f} Mbit/s, {refused} messages refused, inner packets of "
              f"{effective_mtu(tunnel.a)} octets")
    run = attack(68, 500, True)
    floor = 576 - 62
    lab.check(run.bps > 5e6 and effective_mtu(tunnel.a) == floor,
              f"with what was seen: {run.bps / 1e6:.0f} Mbit/s, inner packets of "
              f"{effective_mtu(tunnel.a)} octets")
    ping = world.a.ping(tunnel.b.address6, count=10, interval=0.05, size=1232)
    lab.check(ping.loss == 0, "IPv6 inside has its 1280 octets all the same")
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close(lab)


SCENARIOS = {"manual": manual, "ike": ike, "near": near, "two_paths": two_paths, "forged": forged}


def main():
    if sys.argv[1:2] == [FORGED]:
        device, mtu, count, truth = sys.argv[2:]
        return forge(device, int(mtu), int(count), truth == "1")
    names = sys.argv[1:] or list(SCENARIOS)
    with Lab() as lab:
        for name in names:
            lab.say(f"{name}: {SCENARIOS[name].__doc__}")
            SCENARIOS[name](lab)
    return None


main()
