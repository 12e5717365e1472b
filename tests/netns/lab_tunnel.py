# SPDX-License-Identifier: Apache-2.0
"""Hawser in the lab: configs with manual keys, daemons, and what `hawser` says of them.

    tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2")     two ends, keys made
    tunnel.start()                                           both daemons answer
    a.ping(tunnel.b.address)
    tunnel.a.status()["peers"][0]["received_packets"]
"""
import json
import os
import socket

from lab import LabError, find_binary
from lab_traffic import host_port

# Where sanitized and optimised builds differ in speed, so may the time to come up.
READY_SECONDS = 20


def counter(tree, *path):
    """A number in a status: counter(status, "io", "tun", "packets_read")."""
    for step in path:
        tree = tree[step]
    return tree


class Daemon:
    """hawserd on one node."""

    def __init__(self, lab, node, name, directory=None):
        self.lab, self.node, self.name, self.process = lab, node, name, None
        self.started = False
        self.directory = directory or os.path.join(lab.directory, f"{node.name}-{name}")
        self.runtime_dir = os.path.join(self.directory, "run")
        self.state_dir = os.path.join(self.directory, "state")
        self.config_file = os.path.join(self.directory, f"{name}.conf")
        for path in (self.directory, self.runtime_dir, self.state_dir):
            os.makedirs(path, mode=0o700, exist_ok=True)

    @property
    def socket(self):
        return os.path.join(self.runtime_dir, f"{self.name}.sock")

    def write_config(self, sections):
        """sections: {"interface": {"name": ..., ...}, "peer.b": {...}}; None leaves a key out."""
        lines = []
        for section, keys in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
        with open(self.config_file, "w") as file:
            file.write("\n".join(lines) + "\n")

    def start(self, limit=280, prefix=()):
        """Starts the daemon and waits until it answers. prefix: such as ("strace", "-f")."""
        first_use = [] if self.started else ["--first-use"]
        self.started = True
        self.process = self.node.spawn(f"hawserd-{self.name}", [
            *prefix, find_binary("hawserd"), "--config", self.config_file,
            "--runtime-dir", self.runtime_dir, "--state-dir", self.state_dir, *first_use],
            limit=limit)
        self.lab.wait_for(lambda: self._answers() or not self.process.running(), READY_SECONDS,
                          f"hawserd {self.name} answers")
        if not self.process.running():
            raise LabError(f"hawserd {self.name} ended: {self.process.text()}")
        return self

    def _answers(self):
        return os.path.exists(self.socket) and self.command("status", check=False).returncode == 0

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self.process.stop(10)

    def command(self, *words, check=True, timeout=20):
        """hawser WORDS... NAME against this daemon."""
        return self.node.run([find_binary("hawser"), "--runtime-dir", self.runtime_dir, *words,
                              self.name], check=check, timeout=timeout)

    def ask(self, command, *words, check=True):
        """hawser COMMAND NAME WORDS..., such as ask("rekey", "far", "child")."""
        return self.node.run([find_binary("hawser"), "--runtime-dir", self.runtime_dir, command,
                              self.name, *words], check=check)

    def control(self):
        """A connection to the control socket, for many requests while the processors are busy."""
        return ControlConnection(self.socket)

    def status(self):
        return json.loads(self.command("--json", "status").stdout)

    def sas(self):
        return json.loads(self.command("--json", "sas").stdout)["sas"]

    def drops(self):
        """The drop reasons that are not zero."""
        return {reason: count for reason, count in self.status()["drops"].items() if count}

    def cpu_seconds(self):
        return self.process.cpu_seconds()


class ControlConnection:
    """control("status"), control("rekey", peer="far", what="child"): the result."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.answers = self.socket.makefile("rb")

    def __call__(self, command, **members):
        request = {"v": 1, "cmd": command, **members}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.answers.readline())
        if not answer["ok"]:
            raise LabError(f"{request}: {answer['error']}")
        return answer["result"]


class Tunnel:
    """Two daemons with manual keys. Options ending in _a or _b are for one end only:
    mtu, port, offload, cipher, esn, plus anything that [interface] knows (interface={...})."""

    def __init__(self, lab, a, outer_a, b, outer_b, name="hw0", inner="10.8.0", inner6="fd00:8::",
                 cipher="aes-256-gcm", esn="yes", port=4500, interface=None, interface_a=None,
                 interface_b=None, slot=1):
        self.lab, self.name = lab, name
        self.a, self.b = Daemon(lab, a, name), Daemon(lab, b, name)
        key_files = [os.path.join(end.directory, "lab.keys") for end in (self.a, self.b)]
        lab.run_here([find_binary("hawser"), "keygen", "--manual", cipher, *key_files])
        ends = ((self.a, outer_b, 1, 2, interface_a), (self.b, outer_a, 2, 1, interface_b))
        for (end, remote, own, other, more), key_file in zip(ends, key_files):
            end.address, end.address6 = f"{inner}.{own}", f"{inner6}{own}"
            spis = [0x01000000 + (slot << 8) + number for number in (own, other)]
            end.sections = {
                "interface": {"name": name, "address": f"{end.address}/24, {end.address6}/64",
                              "listen-port": port, **(interface or {}), **(more or {})},
                "peer.far": {"endpoint": host_port(remote, port),
                             "allowed-ips": f"{inner}.0/24, {inner6}/64"},
                "sa.far": {"spi-in": f"0x{spis[0]:08x}", "spi-out": f"0x{spis[1]:08x}",
                           "key-file": key_file, "cipher": cipher, "esn": esn},
            }
            end.write_config(end.sections)

    @property
    def ends(self):
        return (self.a, self.b)

    def start(self, **options):
        for end in self.ends:
            end.start(**options)
        return self

    def stop(self):
        return [end.stop() for end in self.ends]

    def cpu_seconds(self):
        return sum(end.cpu_seconds() for end in self.ends)
