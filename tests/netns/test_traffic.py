# SPDX-License-Identifier: Apache-2.0
"""All kinds of traffic at once over lossless cables: nothing lost, nothing out of order.

    a ---- 192.0.2.1 / 2001:db8::1 ======== 192.0.2.2 / 2001:db8::2 ---- b
       hw4: outer IPv4, MTU 1438 at a, 1300 at b         (IPv6 inside IPv4, and IPv4)
       hw6: outer IPv6, MTU 1300 at a, 1418 at b         (IPv4 inside IPv6, and IPv6)

    test_traffic.py [SECONDS]       length of each TCP part; a release is tried with 60
"""
import json
import sys

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel

FLOWS = 16
# Octets of the whole inner packet, around every edge there is: MTUs, fragments of both, 9000.
SIZES = (29, 30, 31, 32, 33, 64, 100, 127, 128, 500, 1280, 1299, 1300, 1301, 1417, 1418, 1419, 1437,
         1438, 1439, 1500, 1501, 2000, 2576, 2600, 2601, 2900, 4000, 4096, 6000, 8191, 8999, 9000)


def ping_all_sizes(lab, tunnel):
    for near, far in (tunnel.ends, tunnel.ends[::-1]):
        for address, headers in ((far.address, 28), (far.address6, 48)):
            sizes = [max(size - headers, 1) for size in SIZES]
            lost = [size for size in sizes
                    if near.node.ping(address, count=2, interval=0.02, size=size, wait=1).loss > 0]
            lab.check(not lost, f"{tunnel.name} {near.node.name} pings {address} with "
                      f"{len(sizes)} sizes to 9000; lost: {lost}")


def check_stream(lab, name, stream, lossless=True):
    bad = ("reordered", "duplicated", "corrupted") + (("lost",) if lossless else ())
    lab.check(not any(stream[what] for what in bad) and stream["received"] > 1000,
              f"{name}: {stream['received']} of {stream['sent']} datagrams at "
              f"{stream['received_pps']:.0f}/s; reordered {stream['reordered']}, duplicated "
              f"{stream['duplicated']}, corrupted {stream['corrupted']}")


def streams_alone(lab, tunnel, seconds):
    """Up to 9000 octets: most are fragmented inside the tunnel."""
    runs = []
    for i, (near, far) in enumerate((tunnel.ends, tunnel.ends[::-1])):
        for k, address in enumerate((far.address, far.address6)):
            runs.append((f"{tunnel.name} fragmented UDP {near.node.name} to {address}",
                         lab_traffic.start_dgram(lab, "stream", near.node, far.node, address,
                                                 port=7000 + 10 * i + k, size=9000, flows=4,
                                                 rate_pps=1000, seconds=seconds)))
    for name, run in runs:
        check_stream(lab, name, run())


def tcp_with_streams(lab, tunnels, seconds, rate=None):
    """16 TCP flows each way through each tunnel in turn, and a counted stream beside them. With a
    rate (Mbit/s of each flow) nothing may be lost. Without, TCP itself fills some queue of the
    machine until it overflows, as it does on any path: the stream may lose there, but nothing may
    change place, come twice or be damaged, and the daemons may drop nothing of their own."""
    for tunnel, address_of in zip(tunnels, ("address6", "address")):
        a, b = tunnel.a, tunnel.b
        target = getattr(b, address_of)
        options = "--bidir" + (f" -b {rate}M" if rate else "")
        tcp = lab_traffic.start_iperf3(lab, b.node, a.node, target, seconds, FLOWS, options)
        streams = [(f"stream {near.node.name} to {getattr(far, address_of)} beside TCP",
                    lab_traffic.start_dgram(lab, "stream", near.node, far.node,
                                            getattr(far, address_of), port=7100 + i, size=1200,
                                            flows=8, rate_pps=2000, seconds=seconds - 1,
                                            options="--grace 2"))
                   for i, (near, far) in enumerate((tunnel.ends, tunnel.ends[::-1]))]
        for name, run in streams:
            check_stream(lab, name, run(), lossless=rate is not None)
        result = tcp()
        slowest = min(result.flows) / 1e6
        lab.check(len(result.flows) == 2 * FLOWS and slowest > (0.8 * rate if rate else 0),
                  f"{tunnel.name}: {FLOWS} TCP flows each way to {target}"
                  f"{f' at {rate} Mbit/s each' if rate else ''}: {result.bps / 1e6:.0f} and "
                  f"{result.reverse_bps / 1e6:.0f} Mbit/s, slowest {slowest:.1f}, retransmits "
                  f"{result.retransmits} and {result.reverse_retransmits}")
        if rate:
            # The kernel may send again what was only late on a busy machine.
            share = (result.retransmits + result.reverse_retransmits) / (
                2 * result.octets / 1200)
            lab.check(share < 0.001, f"{100 * share:.4f} % retransmitted")
            check_nothing_lost(lab, tunnel)


def check_nothing_lost(lab, tunnel):
    """Every packet that the kernel gave to one end's device was written to the other's."""
    for near, far in (tunnel.ends, tunnel.ends[::-1]):
        def counts():
            return (near.status()["peers"][0]["sent_packets"],
                    far.status()["peers"][0]["received_packets"])
        lab.settle(lambda: len(set(counts())) == 1, 3)
        sent, received = counts()
        stats = json.loads(near.node.ip(f"-s -j link show {tunnel.name}"))[0]["stats64"]
        refused = far.status()["io"]["tun"]["write_dropped"]
        lab.check(sent == received and stats["tx"]["dropped"] == 0 and refused == 0,
                  f"{tunnel.name} from {near.node.name}: {sent} packets sent, {received} received, "
                  f"the device dropped {stats['tx']['dropped']}, writes refused {refused}")


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with Lab(limit=120 + 4 * seconds) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24 2001:db8::1/64", b, "192.0.2.2/24 2001:db8::2/64")
        v4 = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name="hw4", port=4500,
                    interface_a={"mtu": 1438}, interface_b={"mtu": 1300})
        v6 = Tunnel(lab, a, "2001:db8::1", b, "2001:db8::2", name="hw6", port=4501, slot=2,
                    inner="10.9.0", inner6="fd00:9::",
                    interface_a={"mtu": 1300}, interface_b={"mtu": 1418})
        tunnels = (v4.start(), v6.start())
        for tunnel in tunnels:
            ping_all_sizes(lab, tunnel)
            streams_alone(lab, tunnel, seconds=3)
        tcp_with_streams(lab, tunnels, seconds, rate=10)
        tcp_with_streams(lab, tunnels, max(4, seconds // 4))
        for tunnel in tunnels:
            for end in tunnel.ends:
                lab.check(not end.drops(), f"{end.node.name} {tunnel.name} dropped: {end.drops()}")
            lab.check(tunnel.stop() == [0, 0], f"{tunnel.name}: both daemons end well")


main()
