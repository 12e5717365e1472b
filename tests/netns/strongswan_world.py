# SPDX-License-Identifier: Apache-2.0
"""Where a scenario with strongSwan takes place:

    client 10.90.1.2 ---- 10.90.1.1 router 10.90.3.1 ---- 10.90.3.2 gateway (10.98.0.1 inside)
           10.90.2.2 ---- 10.90.2.1

The client has two uplinks, the first preferred. The router can be a NAT, and can lose port 4500.
"""
import os

import strongswan_dissect
from lab import LabError
from lab_traffic import iperf3
from strongswan_settings import OUTER

# IKE only: on port 500, and on 4500 behind the non-ESP marker (RFC 3948 section 2.2).
IKE_PACKETS = "udp port 500 or (udp port 4500 and udp[8:4] = 0)"


def keep_etc(lab):
    """What is written to /etc from now on, such as /etc/resolv.conf, goes with the test."""
    directory = os.path.join(lab.directory, "etc")
    lab.run_here(["cp", "-a", "/etc", directory])
    lab.run_here(["mount", "--bind", directory, "/etc"])


class World:
    """The network of one scenario and its two ends, `cl` and `gw`, made by `end_classes`."""

    def __init__(self, lab, name, keys):
        self.lab, self.name, self.keys = lab, name, keys
        self.directory = os.path.join(lab.directory, name)
        os.mkdir(self.directory, mode=0o700)
        self.cl = self.gw = self.trace = None
        self.client, self.router, self.gateway = (lab.node(n) for n in ("cl", "router", "gw"))

    def build(self, nat=False, delay_ms=0):
        lab = self.lab
        for node in (self.client, self.router, self.gateway):
            node.run("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0")
        lab.veth(self.client, f"{OUTER['cl']}/24", self.router, "10.90.1.1/24", "wan1", "cl1")
        lab.veth(self.client, f"{OUTER['cl2']}/24", self.router, "10.90.2.1/24", "wan2", "cl2")
        ends = (self.gateway, f"{OUTER['gw']}/24", self.router, "10.90.3.1/24")
        if delay_ms:
            lab.link(*ends, f"both delay {delay_ms}ms", "wan", "gw")
        else:
            lab.veth(*ends, "wan", "gw")
        self.route_first_uplink()
        self.client.ip("route add default via 10.90.2.1 metric 20")
        self.gateway.ip("route add default via 10.90.3.1")
        self.router.run("sysctl -qw net.ipv4.ip_forward=1")
        if nat:
            self.nft("add table ip nat; add chain ip nat out { type nat hook postrouting priority "
                     '100; }; add rule ip nat out oifname "gw" masquerade random')

    def route_first_uplink(self):
        self.client.ip("route replace default via 10.90.1.1 metric 10")

    def node_of(self, role):
        return self.client if role == "cl" else self.gateway

    def start_ends(self, client, gateway):
        self.cl, self.gw = client, gateway
        self.trace = self.gateway.capture("wan", IKE_PACKETS)
        gateway.start()
        client.start()

    def nft(self, rules):
        self.router.run(["nft", rules])

    def outage(self, lasts):
        """Port 4500 loses everything, or no longer."""
        if lasts:
            self.nft("add table ip outage; add chain ip outage lose { type filter hook forward "
                     "priority 0; }; add rule ip outage lose udp dport 4500 drop")
        else:
            self.nft("delete table ip outage")

    def ping(self, count=3):
        """From the client to the gateway's inner address."""
        source = self.cl.inner_address()
        if source is None:
            raise LabError("the client has no inner address")
        return self.client.ping(self.gw.inner_address(), count=count, wait=1,
                                extra=f"-I {source}")

    def passes(self, when, count=3):
        """Checks that the tunnel works; its first packet may wait for the other end's last step."""
        self.lab.settle(lambda: self.ping(1).received == 1, 5)
        ping = self.ping(count)
        self.lab.check(ping.loss == 0, f"{when}: {ping.received} of {ping.sent} pings answered")

    def transfers(self, seconds=2):
        for options, way in (("", "to the gateway"), ("--reverse", "from the gateway")):
            result = iperf3(self.lab, self.gateway, self.client, self.gw.inner_address(), seconds,
                            options=options)
            self.lab.check(result.bps > 5e6, f"TCP {way}: {result.bps / 1e6:.0f} Mbit/s")

    def dissect(self, charon):
        """What was said until close(), decrypted with the keys in charon's log."""
        return strongswan_dissect.listing(self.trace.file, charon.file("secrets.log"))

    def close(self):
        """Ends what runs in it; the names of its nodes are free again."""
        for end in (self.cl, self.gw):
            if end:
                end.stop()
        if self.trace:
            self.trace.stop()
        for node in (self.client, self.router, self.gateway):
            self.lab.run_here(["ip", "netns", "del", node.name])
            del self.lab.nodes[node.name]
