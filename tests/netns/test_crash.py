# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load: the tunnel is back by itself after a restart, no number is
ever sent twice under a key, and nothing stale is left.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b

test_crash.py [KILLS [SEED]]: 12 by default; the long version is 1000.
"""
import os
import random
import signal
import struct
import sys
import time

from lab import Lab, find_binary
from lab_tunnel import Tunnel

BACK_SECONDS = 15
# 3000 datagrams a second to the discard port of an address.
LOAD = """
import socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for _ in range(30):
        try:
            sender.sendto(bytes(400), (sys.argv[1], 9))
        except OSError:
            pass  # the tunnel is away
    time.sleep(0.01)
"""


def sent_numbers(file):
    """(source address, SPI, whole number) of each ESP packet in a capture of frame beginnings."""
    with open(file, "rb") as capture:
        data = capture.read()
    assert struct.unpack_from("<I", data)[0] in (0xa1b2c3d4, 0xa1b23c4d), "a little-endian pcap"
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        # Ethernet 14, IPv4 20, UDP 8, then SPI 4, number 4, and the IV, which is the whole number.
        if len(frame) >= 58 and frame[12:14] == b"\x08\x00" and frame[42:46] != bytes(4):
            yield frame[26:30], struct.unpack_from(">I", frame, 42)[0], \
                struct.unpack_from(">Q", frame, 50)[0]


def snapshot(node):
    return {"devices": sorted(node.devices()), "routes": node.ip("-4 route show table all"),
            "routes6": node.ip("-6 route show table all"), "rules": node.ip("rule"),
            "sockets": [line for line in node.run("ss -Hlnu").stdout.splitlines()
                        if ":4500 " in line]}


class Crasher:
    def __init__(self, lab, tunnel, dice):
        self.lab, self.tunnel, self.dice = lab, tunnel, dice
        self.before = {end: snapshot(end.node) for end in tunnel.ends}
        self.numbers, self.packets, self.slowest = {}, 0, 0.0

    def load(self):
        """Datagrams both ways, which go on whatever becomes of the tunnel."""
        return [near.node.spawn("load", [sys.executable, "-c", LOAD, far.address], limit=60)
                for near, far in (self.tunnel.ends, self.tunnel.ends[::-1])]

    def crash(self, victim):
        moment = self.dice.choice(["load", "load", "load", "reload", "shutdown", "start"])
        time.sleep(self.dice.uniform(0.05, 0.5))
        if moment == "reload":
            os.kill(victim.process.pid, signal.SIGHUP)
            time.sleep(self.dice.uniform(0, 0.02))
        elif moment == "shutdown":
            victim.process.popen.terminate()
            time.sleep(self.dice.uniform(0, 0.01))
        self.kill(victim)
        if moment == "start":
            self.begin_and_kill(victim)
        return moment

    @staticmethod
    def kill(end):
        end.process.popen.kill()
        end.process.popen.wait()

    def begin_and_kill(self, end):
        end.process = end.node.spawn("hawserd-short", [
            find_binary("hawserd"), "--config", end.config_file, "--runtime-dir", end.runtime_dir,
            "--state-dir", end.state_dir])
        time.sleep(self.dice.uniform(0, 0.2))
        self.kill(end)

    def nothing_stale(self, end):
        now = snapshot(end.node)
        stale = [(value, now[what]) for what, value in self.before[end].items()
                 if now[what] != value]
        for before, after in stale:
            self.lab.note(f"stale on {end.node.name}: {before} -> {after}")
        return not stale

    def back(self):
        """Seconds until both directions carry again."""
        begin = time.monotonic()
        while time.monotonic() < begin + BACK_SECONDS:
            if self.tunnel.a.node.ping(self.tunnel.b.address, count=1, wait=1).received:
                return time.monotonic() - begin
        return None

    def read_capture(self, capture):
        repeated = 0
        for source, spi, number in sent_numbers(capture.file):
            seen = self.numbers.setdefault((source, spi), set())
            repeated += number in seen
            seen.add(number)
            self.packets += 1
        os.unlink(capture.file)
        return repeated

    def round(self, index):
        victims = self.dice.choice([[self.tunnel.a], [self.tunnel.b], list(self.tunnel.ends)])
        capture = self.tunnel.a.node.capture("wan0", "udp port 4500", snap=64)
        jobs = self.load()
        what, clean = [], True
        for victim in victims:
            what.append(f"{victim.node.name} at {self.crash(victim)}")
            self.lab.settle(lambda: self.nothing_stale(victim), 2)
            clean = clean and self.nothing_stale(victim)
        for victim in victims:
            victim.start()
        seconds = self.back()
        for job in jobs:
            job.stop(1)
        capture.stop()
        repeated = self.read_capture(capture)
        self.slowest = max(self.slowest, seconds or BACK_SECONDS)
        for process in [p for p in self.lab.processes if not p.running()]:
            self.lab.processes.remove(process)
        return self.lab.check(
            clean and seconds is not None and repeated == 0,
            f"{index}: killed {' and '.join(what)}; clean: {clean}, back after "
            f"{seconds if seconds is None else round(seconds, 2)} s, repeated: {repeated}")


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with Lab(limit=100 + 15 * kills) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0",
                 offload=False)
        for node in (a, b):
            lab.settle(lambda: "fe80::/64 dev wan0" in node.ip("-6 route"), 5)
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2")
        crasher = Crasher(lab, tunnel, random.Random(seed))
        tunnel.start(limit=100 + 15 * kills)
        for index in range(kills):
            crasher.round(index)
        lab.check(crasher.packets > 100 * kills,
                  f"{crasher.packets} numbers seen on the wire; slowest return "
                  f"{crasher.slowest:.2f} s")
        lab.check(tunnel.stop() == [0, 0], "both ended well")
        lab.check(all(crasher.nothing_stale(end) for end in tunnel.ends), "as before the tunnel")


main()
