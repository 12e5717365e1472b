# SPDX-License-Identifier: Apache-2.0
"""Two sites through one tunnel: it carries, it counts, and it leaves nothing behind.

    a [hw0 10.8.0.1 fd00:8::1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2 fd00:8::2] b
"""
import json
import os

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel


def carries(lab, tunnel):
    a, b = tunnel.a.node, tunnel.b.node
    for near, far in ((tunnel.a, tunnel.b), (tunnel.b, tunnel.a)):
        for address in (far.address, far.address6):
            ping = near.node.ping(address, count=10, interval=0.05)
            lab.check(ping.loss == 0, f"{near.node.name} pings {address}: {ping.avg_ms:.2f} ms")
    for address in (tunnel.b.address, tunnel.b.address6):
        run = lab_traffic.iperf3(lab, b, a, address, seconds=3)
        back = lab_traffic.iperf3(lab, b, a, address, seconds=3, options="--reverse")
        lab.check(run.bps > 20e6 and back.bps > 20e6,
                  f"TCP to {address}: {run.bps / 1e6:.0f} and back {back.bps / 1e6:.0f} Mbit/s, "
                  f"retransmits {run.retransmits}, {back.retransmits}")


def counts(lab, tunnel):
    a, b = tunnel.a.status(), tunnel.b.status()
    for near, far, name in ((a, b, "a to b"), (b, a, "b to a")):
        sent, received = near["peers"][0], far["peers"][0]
        lab.check(sent["sent_packets"] == received["received_packets"] > 1000 and
                  sent["sent_bytes"] == received["received_bytes"] > 1_000_000,
                  f"{name}: {sent['sent_packets']} packets sent and received, "
                  f"{sent['sent_bytes']} octets")
    lab.check(a["peers"][0]["last_received_ago_ms"] < 10_000, "the peer was heard just now")
    for end in tunnel.ends:
        # Only what the kernel says to multicast by itself may be dropped: nothing else was.
        lost = {reason: n for reason, n in end.drops().items() if "multicast" not in reason
                and "link" not in reason}
        lab.check(not lost, f"{end.node.name} dropped nothing: {lost}")
        directions = sorted(sa["direction"] for sa in end.sas())
        lab.check(directions == ["in", "out"], "one SA each way")
    lab.check(all(sa["sequence"] >= sa["packets"] > 0 for end in tunnel.ends for sa in end.sas()),
              "sequence numbers are as high as the packet counts")


def wire_shows_only_esp(lab, tunnel):
    capture = tunnel.a.node.capture("wan0")
    tunnel.a.node.ping(tunnel.b.address, count=3, interval=0.1)
    capture.stop()
    stacks = [stack for stack, in lab.tshark(capture.file, "frame.protocols")]
    esp = [stack for stack in stacks if stack.endswith(":ip:udp:udpencap:esp")]
    other = {stack for stack in stacks if stack not in esp and not stack.endswith(":arp")
             and ":icmpv6" not in stack}
    lab.check(len(esp) >= 6 and not other, f"on the wire: {len(esp)} ESP in UDP, other: {other}")


def snapshot(node):
    return {"devices": sorted(node.devices()), "routes": node.ip("-4 route show table all"),
            "routes6": node.ip("-6 route show table all"), "rules": node.ip("rule"),
            "sockets": node.run("ss -Hlnu").stdout}


def leaves_nothing(lab, tunnel, before):
    for end in tunnel.ends:
        socket = end.socket
        lab.check(os.path.exists(socket), "control socket while it runs")
        code = end.stop()
        lab.check(code == 0, f"hawserd on {end.node.name} ended with {code}")
        after = snapshot(end.node)
        for what, value in before[end.node.name].items():
            if not lab.check(after[what] == value, f"{what} on {end.node.name} as before"):
                lab.say(f"before: {value}\nafter:  {after[what]}")
        lab.check(not os.path.exists(socket), "control socket is gone")
        lab.check("Sanitizer" not in end.process.text(), "no sanitizer spoke")


def main():
    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0")
        before = {node.name: snapshot(node) for node in (a, b)}
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start()
        lab.check("hw0" in a.devices(), "the device is there")
        carries(lab, tunnel)
        counts(lab, tunnel)
        wire_shows_only_esp(lab, tunnel)
        lab.say(json.dumps(tunnel.a.status()["io"]["offloads"]))
        leaves_nothing(lab, tunnel, before)


main()
