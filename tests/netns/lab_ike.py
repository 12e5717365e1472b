# SPDX-License-Identifier: Apache-2.0
"""Hawsers that negotiate their keys.

    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", peer={"rekey-time": 5})
    tunnel.start()                       both daemons answer
    tunnel.wait_until_up()               and have keys
    tunnel.a.ike()["child_rekeys"]
"""
import json
import os

from lab import find_binary
from lab_traffic import host_port
from lab_tunnel import Daemon

UP_SECONDS = 20


def make_key(lab, directory):
    """A private key in a file, and the public key."""
    file = os.path.join(directory, "own.key")
    text = lab.run_here([find_binary("hawser"), "keygen"])
    with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(text)
    public = lab.run_here(["sh", "-c", f"{find_binary('hawser')} pubkey < {file}"]).strip()
    return file, public


class IkeDaemon(Daemon):
    def ike(self, peer="far"):
        """What status says of IKE with a peer."""
        return next(p for p in self.status()["peers"] if p["name"] == peer)["ike"]

    def is_up(self, peer="far"):
        ike = self.ike(peer)
        return ike["state"] == "established" and len(ike["children"]) == 1

    def ike_spis(self):
        """Of all IKE SAs."""
        sas = self.node.run([find_binary("hawser"), "--runtime-dir", self.runtime_dir, "--json",
                             "sas", self.name]).stdout
        return [(sa["spi_initiator"], sa["spi_responder"]) for sa in json.loads(sas)["ike_sas"]]


class IkeTunnel:
    """Two daemons that know each other's public key, inner addresses 10.8.0.1 and 10.8.0.2.
    interface and peer: more keys of those sections; peer_a, peer_b: for one end alone."""

    def __init__(self, lab, a, outer_a, b, outer_b, name="hw0", inner="10.8.0", inner6=None,
                 interface=None, peer=None, peer_a=None, peer_b=None, port=4500):
        self.lab, self.name = lab, name
        self.a, self.b = IkeDaemon(lab, a, name), IkeDaemon(lab, b, name)
        keys = [make_key(lab, end.directory) for end in self.ends]
        rest = ((self.a, outer_b, 1, peer_a), (self.b, outer_a, 2, peer_b))
        for index, (end, remote, own, more) in enumerate(rest):
            end.address = f"{inner}.{own}"
            addresses, networks = f"{end.address}/24", f"{inner}.0/24"
            if inner6:
                end.address6 = f"{inner6}{own}"
                addresses += f", {end.address6}/64"
                networks += f", {inner6}/64"
            end.sections = {
                "interface": {"name": name, "address": addresses, "listen-port": port,
                              "private-key-file": keys[index][0], **(interface or {})},
                "peer.far": {"endpoint": host_port(remote, port), "public-key": keys[1 - index][1],
                             "allowed-ips": networks, **(peer or {}), **(more or {})},
            }
            end.write_config(end.sections)

    @property
    def ends(self):
        return (self.a, self.b)

    def start(self, **options):
        for end in self.ends:
            end.start(**options)
        return self

    def is_up(self):
        return all(end.is_up() for end in self.ends)

    def wait_until_up(self, limit=UP_SECONDS):
        self.lab.wait_for(self.is_up, limit, "both ends have keys")
        return self

    def stop(self):
        return [end.stop() for end in self.ends]
