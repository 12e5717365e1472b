# SPDX-License-Identifier: Apache-2.0
"""What a running daemon has left of its rights, and that it does all its work with that.

    a [hw0, hw1] -- 192.0.2.1 ==== 192.0.2.2 -- [hw0, hw1] b     hw0 on a has a service manager
"""
import os
import signal
import socket
import time

from lab import Lab, find_binary
from lab_tunnel import Tunnel

NET_ADMIN, NET_BIND_SERVICE = 1 << 12, 1 << 10
NAME = "far.lab.test"


class Manager:
    """Hears what a daemon tells its service manager."""

    def __init__(self, lab):
        self.path = os.path.join(lab.directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []

    def has_heard(self, word, times=1):
        try:
            while True:
                self.heard += self.socket.recv(4096).decode().split("\n")
        except BlockingIOError:
            return self.heard.count(word) >= times


def is_sanitized(program):
    with open(program, "rb") as file:
        code = file.read()
    return b"__asan_init" in code or b"__tsan_init" in code


def rights(pid):
    """Of each thread: its lines in /proc that say what it may do."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as status:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def check_rights(lab, daemon, capabilities, filtered):
    what = f"{daemon.node.name} {daemon.name}"
    for thread in rights(daemon.process.pid):
        for key, value in (("CapEff", capabilities), ("CapPrm", capabilities),
                           ("CapBnd", capabilities), ("CapInh", 0), ("CapAmb", 0)):
            lab.check(int(thread[key], 16) == value, f"{what}: {key} is {thread[key]}")
        lab.check(thread["NoNewPrivs"] == "1", f"{what}: no new privileges")
        lab.check(thread["Seccomp"] == ("2" if filtered else "0"),
                  f"{what}: Seccomp is {thread['Seccomp']}")


def carries(lab, tunnel):
    for address in (tunnel.b.address, tunnel.b.address6):
        ping = tunnel.a.node.ping(address, count=5, interval=0.05)
        lab.check(ping.received == 5, f"{tunnel.name} carries to {address}")


def resolve_in_files(lab, address):
    """The name of the peer is in the hosts file of this mount namespace; no name server answers."""
    for file, text in (("hosts", f"127.0.0.1 localhost\n{address} {NAME}\n"),
                       ("nsswitch.conf", "hosts: files dns\n"),
                       ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")):
        mine, theirs = os.path.join(lab.directory, file), os.path.join("/etc", file)
        with open(mine, "w") as out:
            out.write(text)
        os.chmod(mine, 0o644)
        lab.run_here(["mount", "--bind", mine, os.path.realpath(theirs)])


def works(lab, tunnel, manager):
    """Everything that a running daemon is asked to do."""
    a = tunnel.a
    monitor = a.node.spawn("monitor", [find_binary("hawser"), "--runtime-dir", a.runtime_dir,
                                       "monitor", a.name])
    carries(lab, tunnel)
    lab.check(a.status()["peers"][0]["sent_packets"] > 0, "status")
    lab.check(len(a.sas()) == 2, "sas")
    lab.check(a.command("status").stdout and a.command("sas").stdout, "as text too")

    a.sections["peer.far"]["endpoint"] = f"{NAME}:4500"
    a.sections["interface"]["address"] += ", 10.77.0.1/24"
    a.sections["interface"]["mtu"] = "1300"
    a.write_config(a.sections)
    a.command("reload")
    lab.check(a.status()["interface"]["mtu_bytes"] == 1300, "reload with a host name")
    lab.check("10.77.0.1" in a.node.ip("addr show hw0"), "it changed the addresses")
    lab.settle(lambda: a.node.ping(tunnel.b.address, count=1, wait=1).received == 1, 5)
    carries(lab, tunnel)

    a.sections["peer.far"]["endpoint"] = "unknown.lab.test:4500"
    a.write_config(a.sections)
    a.command("reload", check=False)
    lab.check(a.status()["name"] == "hw0", "a name that nobody knows")
    a.sections["peer.far"]["endpoint"] = "192.0.2.2:4500"
    a.write_config(a.sections)
    before = a.process.text().count("reloaded")
    os.kill(a.process.pid, signal.SIGHUP)
    lab.settle(lambda: a.process.text().count("reloaded") > before, 5)
    lab.check(a.process.text().count("reloaded") > before, "SIGHUP")
    carries(lab, tunnel)
    lab.check(manager.has_heard("RELOADING=1", 2), "the manager hears of reloads")
    lab.check("reload" in monitor.text(), "monitor")


def main():
    with Lab(limit=100) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0")
        resolve_in_files(lab, "192.0.2.2")
        filtered = not is_sanitized(find_binary("hawserd"))
        manager = Manager(lab)
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", interface_b={"sandbox": "no"})
        began = time.monotonic()
        tunnel.a.start(prefix=("env", f"NOTIFY_SOCKET={manager.path}", "WATCHDOG_USEC=1000000"))
        tunnel.b.start()
        lab.check(manager.has_heard("READY=1"), "the manager hears that it is ready")
        check_rights(lab, tunnel.a, NET_ADMIN, filtered)
        check_rights(lab, tunnel.b, NET_ADMIN, False)
        works(lab, tunnel, manager)

        # Without offloads other system calls move the packets; a low port is one right more; what a
        # gateway has made it must take away again.
        plain = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name="hw1", inner="10.9.0",
                       inner6="fd00:9::", port=500, slot=2,
                       interface={"offload": "off", "nat": "yes"}).start()
        check_rights(lab, plain.a, NET_ADMIN | NET_BIND_SERVICE, filtered)
        carries(lab, plain)
        lab.check(a.run("nft list tables").stdout.strip(), "there is one of a gateway")
        plain.b.command("down")
        lab.check(plain.b.process.wait(10) == 0, "down")
        lab.check("hw1" not in b.devices(), "down removes the device")
        lab.check(plain.a.stop() == 0, "SIGTERM")
        lab.check(not a.run("nft list tables").stdout.strip(), "no nftables table is left")

        check_rights(lab, tunnel.a, NET_ADMIN, filtered)
        # Twice a second, less one at each end.
        pings = int((time.monotonic() - began) * 2) - 2
        lab.check(manager.has_heard("WATCHDOG=1", pings), f"the watchdog was fed {pings} times")
        lab.check(tunnel.stop() == [0, 0], "both end well")
        lab.check(manager.has_heard("STOPPING=1"), "the manager hears of the end")
        lab.check(not os.path.exists(tunnel.a.socket), "no socket is left")


main()
