# SPDX-License-Identifier: Apache-2.0
"""Hawser as one end of a scenario with strongSwan."""
import os

from lab_tunnel import Daemon
from strongswan_settings import INNER, OUTER, POOL, POOL_DNS, PPK_ID, identity, network

NAME = "hw0"


def names(words):
    return ", ".join(words)


def sections(role, settings, keys):
    """The config file for a peer `lab`, as client `cl` or gateway `gw`."""
    far = "gw" if role == "cl" else "cl"
    asks, gives = (settings.virtual_address and role == r for r in ("cl", "gw"))
    interface = {
        "name": NAME, "mtu": 1400, "identity": identity(role),
        "address": None if asks else f"{INNER[role]}/24",
        "pool": POOL if gives else None, "pool-dns": POOL_DNS if gives else None,
        **{"psk": {}, "raw": {"private-key-file": keys.file(f"{role}.hawser")},
           "cert": {"private-key-file": keys.file(f"{role}.key"),
                    "certificate-file": keys.file(f"{role}.crt")}}[settings.auth]}
    peer = {
        "interop": "yes", "identity": identity(far),
        "endpoint": OUTER["gw"] if role == "cl" else None,
        **{"psk": lambda: {"psk-file": keys.psk_file(settings.psk)},
           "raw": lambda: {"public-key": keys.hawser_public_key(far)},
           "cert": lambda: {"ca-file": keys.file("ca.crt")}}[settings.auth](),
        "allowed-ips": None if gives else network(far),
        "local-networks": None if asks else network(role),
        "virtual-address": "yes" if asks else None,
        "ike-ciphers": names(settings.ike_ciphers), "esp-ciphers": names(settings.esp_ciphers),
        "key-exchange": names(settings.key_exchange), "pfs": "yes" if settings.pfs else "no",
        "rekey-time": settings.rekey_s, "ike-rekey-time": settings.ike_rekey_s,
        "dpd": settings.dpd_s, "keepalive": settings.keepalive_s}
    if settings.ppk:
        peer.update({"ppk-file": keys.psk_file(settings.ppk), "ppk-id": PPK_ID,
                     "ppk-required": "yes"})
    return {"interface": interface, "peer.lab": peer}


class HawserEnd:
    """As a client it is not started before it is to initiate."""

    GIVES_UP_S = 340  # an SA outlives five minutes of silence

    def __init__(self, world, role, settings):
        self.world, self.role, self.settings = world, role, settings
        self.node, self.lab = world.node_of(role), world.lab
        self.daemon = Daemon(self.lab, self.node, NAME, os.path.join(world.directory, role))
        self.daemon.write_config(sections(role, settings, world.keys))

    def start(self):
        if self.role == "gw":
            self.daemon.start(limit=900)
        return self

    def stop(self):
        return self.daemon.process and self.daemon.stop()

    def kill(self):
        self.daemon.process.popen.kill()
        self.daemon.process.popen.wait()

    def log(self):
        """Since its last start."""
        return self.daemon.process.text()

    def peer(self):
        return self.daemon.status()["peers"][0]

    def initiate(self, timeout=15):
        """Whether a child SA came up."""
        if self.daemon.process is None or not self.daemon.process.running():
            self.daemon.start(limit=900)
        else:
            self.daemon.ask("initiate", "lab")
        self.lab.settle(self.is_up, timeout)
        return self.is_up()

    def initiate_again(self):
        """It does so by itself."""

    def terminate(self):
        self.daemon.ask("terminate", "lab")

    def rekey(self, what):
        """what: ike or child. Returns at once."""
        self.daemon.ask("rekey", "lab", what)

    def is_up(self):
        return self.sa_counts() == (1, 1)

    def has_any_sa(self):
        return self.sa_counts() != (0, 0)

    def sa_counts(self):
        """Of IKE SAs that are established and child SAs that are sent on."""
        ike = self.peer()["ike"]
        return int(ike["state"] == "established"), len(ike["children"])

    def rekeys(self):
        """How many child and IKE SAs came after the first ones."""
        ike = self.peer()["ike"]
        return ike["child_rekeys"], ike["ike_rekeys"]

    def ike_sas_made(self):
        """By IKE_AUTH, rekeyings not counted."""
        return self.log().count("peer lab is authenticated")

    def notices_delete(self):
        """Whether it hears that its SA is gone."""
        self.lab.settle(lambda: "peer lab is lost" in self.log(), 5)
        return "peer lab is lost" in self.log()

    def notices_death(self, seconds):
        """Whether it gives its peer up without hearing from it."""
        self.lab.settle(lambda: "peer lab is lost" in self.log(), seconds)
        return "peer lab is lost" in self.log()

    def peer_address(self):
        address, _, port = self.peer()["endpoint"].rpartition(":")
        return address, int(port)

    def inner_address(self):
        """Ours inside the tunnel."""
        if self.settings.virtual_address and self.role == "cl":
            return next(iter(self.peer()["ike"]["assigned"]), None)
        return INNER[self.role]

    def explanation(self):
        return f"{self.peer()['ike']['last_error']}\n{self.log()}"
