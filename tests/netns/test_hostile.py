# SPDX-License-Identifier: Apache-2.0
"""100,000 hostile packets while TCP runs: each is dropped for its reason, nothing gets inside.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b     b is the victim
    hawser-hostile: a raw socket on a, with a's address and port, and the key of a second peer of b

Live traffic is captured and changed as LABELS says. First all kinds one by one, the counters
compared exactly; then all of them in a mix, beside iperf3.

    test_hostile.py [ROUNDS]     seconds with them, each between two without
"""
import collections
import json
import os
import random
import re
import statistics
import struct
import subprocess
import sys
import time

import lab_traffic
from lab import Lab, find_binary
from lab_tunnel import Tunnel

PACKETS = 100_000
GHOST_SPI = 0x01000342
# What happens to each kind. Where a change may hit what was received or what was not, it depends.
LABELS = {
    "replay of the live SA": ("replayed", "too-old"),
    "live packet, bit of the IV, the body or the ICV flipped": ("replayed", "too-old"),
    "live packet, bit of the SPI flipped": ("unknown-spi",),
    "live packet, bit of the sequence number flipped": ("icv-failed", "replayed", "too-old"),
    "live packet, unknown SPI": ("unknown-spi",),
    "live packet cut to a length that ESP does not have": ("runt",),
    "live packet cut to a multiple of 4": ("replayed", "too-old"),
    "garbage": ("unknown-spi",),
    "garbage of 0 to 3 octets": ("runt",),
    "IKE": ("control-packet",),
    "keepalive": ("keepalive",),
    "sealed, wrong next header": ("bad-next-header",),
    "sealed, the last one again": ("replayed",),
    "sealed, wrong padding octets": ("bad-padding",),
    "sealed, more padding than packet": ("bad-padding",),
    "sealed, inner source of another peer": ("selector-mismatch",),
    "sealed, inner source of nobody": ("selector-mismatch",),
    "sealed, not an IP packet": ("malformed-inner",),
    "sealed, IPv4 called IPv6": ("malformed-inner",),
    "sealed, to a multicast address": ("inner-scope",),
    "sealed, dummy": ("dummy",),
    "sealed, long past": ("too-old",),
    "sealed, number 0": ("zero-sequence",),
    "sealed, bit of the sequence number flipped": ("icv-failed", "replayed", "too-old"),
    "sealed, bit of the IV flipped": ("icv-failed",),
    "sealed, bit of the body flipped": ("icv-failed",),
    "sealed, bit of the ICV flipped": ("icv-failed",),
    "sealed, cut to a length that ESP does not have": ("runt",),
    "sealed, cut to a multiple of 4": ("icv-failed",),
    "oversize": ("icv-failed",),
}


def read_capture(file, skip):
    """The packets of a pcap file, without their first octets."""
    with open(file, "rb") as pcap:
        octets = pcap.read()
    packets, at = [], 24
    while at + 16 <= len(octets):
        size, = struct.unpack_from("<I", octets, at + 8)
        packets.append(octets[at + 16 + skip:at + 16 + size])
        at += 16 + size
    return packets


def sealed_size(inner):
    return 16 + (inner + 2 + 3) // 4 * 4 + 16


class Recipes:
    """The lines for hawser-hostile."""

    def __init__(self):
        self.lines, self.counts = [], collections.Counter()

    def add(self, label, octets=b"", seal=None, **changes):
        assert label in LABELS, label
        line = {"label": label.replace(" ", "_"), "hex": octets.hex(), **changes}
        if seal is not None:
            line["seal"] = seal
        self.lines.append(json.dumps(line))
        self.counts[label] += 1


def is_esp_length(size):
    return size >= 36 and (size - 32) % 4 == 0


def add_live(recipes, live, rng):
    """From packets of the tunnel as they were on the wire."""
    for packet in live:
        recipes.add("replay of the live SA", packet)
        bits = len(packet) * 8
        for bit in (rng.randrange(64, 128), rng.randrange(128, bits - 128),
                    rng.randrange(bits - 128, bits)):
            recipes.add("live packet, bit of the IV, the body or the ICV flipped", packet, flip=bit)
        spi = rng.randbytes(1)[0] % 254 + 2
        recipes.add("live packet, unknown SPI", bytes([spi]) + rng.randbytes(3) + packet[4:])
        size = rng.randrange(4, len(packet))
        recipes.add("live packet cut to a multiple of 4" if is_esp_length(size) else
                    "live packet cut to a length that ESP does not have", packet, cut=size)
    for bit in range(32):
        recipes.add("live packet, bit of the SPI flipped", live[0], flip=bit)
        recipes.add("live packet, bit of the sequence number flipped", live[-1], flip=32 + bit)


def add_garbage(recipes, rng):
    for size in [*range(4, 100), *(rng.randrange(100, 1400) for _ in range(40))]:
        recipes.add("garbage", bytes([rng.randrange(2, 256)]) + rng.randbytes(size - 1))
    for octets in (b"", b"\0", b"\xfe", b"\1\0\3", b"\xff\xff", b"\xff\xff\xff"):
        recipes.add("garbage of 0 to 3 octets", octets)
    for size in (0, 1, 28, 400):
        recipes.add("IKE", bytes(4) + rng.randbytes(size))
        recipes.add("keepalive", b"\xff")


def add_sealed(recipes, inner, rng):
    """Inner packets of the tunnel, sealed with a second peer's key and then changed. Those that are
    authentic first: what is old is so because they were received."""
    for next_header in (0, 1, 6, 17, 50, 253, 255):
        recipes.add("sealed, wrong next header", inner, {"next_header": next_header})
    for _ in range(8):
        recipes.add("sealed, the last one again", again=True)
    own = inner[:12] + bytes([10, 9, 0, 7]) + inner[16:]  # as this peer may send
    for _ in range(4):
        recipes.add("sealed, wrong padding octets", own, {"pad": "wrong"})
        recipes.add("sealed, more padding than packet", own, {"pad": "too-long"})
        recipes.add("sealed, inner source of another peer", inner, {})
        recipes.add("sealed, inner source of nobody", inner[:12] +
                    bytes([172, 16, rng.randrange(256), 9]) + inner[16:], {})
        recipes.add("sealed, not an IP packet", b"\x5a" + rng.randbytes(80), {})
        recipes.add("sealed, not an IP packet", own[:2] + b"\xff\xff" + own[4:], {})
        recipes.add("sealed, not an IP packet", b"", {})
        recipes.add("sealed, IPv4 called IPv6", own, {"next_header": 41})
        recipes.add("sealed, to a multicast address", own[:16] + b"\xe0\0\0\1" + own[20:], {})
        recipes.add("sealed, dummy", own, {"next_header": 59})
        recipes.add("sealed, number 0", own, {"number": "0"})
        recipes.add("oversize", own + bytes(9000 - len(own)), {}, flip=rng.randrange(200, 70_000))
    recipes.add("oversize", own + bytes(65_000 - len(own)), {}, flip=500)
    for _ in range(32):
        recipes.add("sealed, long past", own, {"number": "old"})
    size = sealed_size(len(own))
    for bit in range(32):
        recipes.add("sealed, bit of the sequence number flipped", own, {}, flip=32 + bit)
    for part, first, end in (("IV", 64, 128), ("body", 128, 8 * size - 128),
                             ("ICV", 8 * size - 128, 8 * size)):
        for bit in range(first, end, 1 if part != "body" else 5):
            recipes.add(f"sealed, bit of the {part} flipped", own, {}, flip=bit)
    for cut in range(size):
        recipes.add("sealed, cut to a multiple of 4" if is_esp_length(cut) else
                    "sealed, cut to a length that ESP does not have", own, {}, cut=cut)


class Attacker:
    """hawser-hostile beside the peer."""

    def __init__(self, lab, tunnel, key, recipes):
        self.file = os.path.join(lab.directory, "recipes")
        with open(self.file, "w") as file:
            file.write("\n".join(recipes.lines) + "\n")
        key_file = os.path.join(lab.directory, "ghost.key")
        with open(key_file, "w") as file:
            file.write(key + "\n")
        self.process = tunnel.a.node.spawn("hostile", [
            find_binary("hawser-hostile"), "--from", "192.0.2.1:4500", "--to", "192.0.2.2:4500",
            "--key", key_file, "--spi", str(GHOST_SPI), "--recipes", self.file],
            stdin=subprocess.PIPE)

    def start(self, label, count, pps=0):
        self.process.popen.stdin.write(
            f"send {label.replace(' ', '_')} {count} {pps}\n".encode())
        self.process.popen.stdin.flush()

    def result(self):
        line = self.process.popen.stdout.readline()
        return json.loads(line) if line else {"sent": {}, "died": self.process.text()}


def add_ghost(lab, tunnel):
    """A second peer of b, of which only the key exists. Returns that key."""
    files = [os.path.join(lab.directory, f"ghost-{end}.keys") for end in "ab"]
    lab.run_here([find_binary("hawser"), "keygen", "--manual", "aes-256-gcm", *files])
    with open(files[1]) as file:
        key = re.search(r"^in\s*=\s*([0-9a-f]+)", file.read(), re.M)[1]
    tunnel.b.sections["peer.ghost"] = {"endpoint": "192.0.2.1:4500", "allowed-ips": "10.9.0.0/24"}
    tunnel.b.sections["sa.ghost"] = {
        "spi-in": f"0x{GHOST_SPI:08x}", "spi-out": "0x01000341", "key-file": files[1],
        "cipher": "aes-256-gcm", "esn": "yes"}
    tunnel.b.write_config(tunnel.b.sections)
    return key


def capture_live(lab, tunnel):
    """(packets of the tunnel on the wire, an inner packet of it)"""
    a, b = tunnel.a.node, tunnel.b.node
    outer = a.capture("to-b", "udp src port 4500 and src host 192.0.2.1")
    inner = a.capture("hw0", "udp dst port 7000")
    tcp = lab_traffic.start_iperf3(lab, b, a, tunnel.b.address, 1, options="-b 5M")
    lab_traffic.dgram(lab, "stream", a, b, tunnel.b.address, size=500, rate_pps=100, seconds=1)
    tcp()
    outer.stop()
    inner.stop()
    packets = [p for p in read_capture(outer.file, 14 + 20 + 8) if 60 <= len(p) <= 1472]
    packets = [p for p in packets if p[:4] == packets[0][:4]]
    inners = [p for p in read_capture(inner.file, 0) if 60 <= len(p) <= 200]
    lab.require(len(packets) > 60 and inners, f"captured {len(packets)} packets of live traffic")
    return packets[-60:], inners[0]


def delivered(tunnel):
    """(what a sent through the tunnel, what b had from a, what b had from the ghost)"""
    peers = {peer["name"]: peer["received_packets"] for peer in tunnel.b.status()["peers"]}
    return tunnel.a.status()["peers"][0]["sent_packets"], peers["far"], peers["ghost"]


def growth(before, after):
    return collections.Counter({k: n for k in after if (n := after[k] - before.get(k, 0))})


def one_by_one(lab, tunnel, attacker, recipes):
    for label, reasons in LABELS.items():
        count, before = recipes.counts[label], tunnel.b.drops()
        attacker.start(label, count)
        attacker.result()
        expected = count if reasons else 0
        lab.settle(lambda: growth(before, tunnel.b.drops()).total() >= expected, 3)
        drops = growth(before, tunnel.b.drops())
        lab.check(drops.total() == expected and set(drops) <= set(reasons),
                  f"{count} of '{label}': {dict(drops)}")
    sent, far, ghost = delivered(tunnel)
    lab.check(sent == far and ghost == 0,
              f"b delivered {far} of {sent} packets of a, {ghost} others")


def resident_kib(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


class Meter:
    """What b delivers of a's, in Mbit/s from one look to the next."""

    def __init__(self, tunnel):
        self.tunnel = tunnel
        self.octets, self.at = self._look()

    def _look(self):
        octets = next(peer["received_bytes"] for peer in self.tunnel.b.status()["peers"]
                      if peer["name"] == "far")
        return octets, time.monotonic()

    def mbps(self):
        (before, then), (self.octets, self.at) = (self.octets, self.at), self._look()
        return (self.octets - before) * 8e-6 / (self.at - then)


def in_a_mix(lab, tunnel, attacker, rounds):
    """One long TCP transfer; by turns a second without and a second with hostile packets."""
    run = lab_traffic.start_iperf3(lab, tunnel.b.node, tunnel.a.node, tunnel.b.address,
                                   int(2.1 * rounds) + 3)
    time.sleep(1)
    rates, memory, before, sent = [], [], tunnel.b.drops(), collections.Counter()
    count, meter = PACKETS // rounds, Meter(tunnel)
    for _ in range(rounds):
        time.sleep(1)
        rates.append(meter.mbps())
        attacker.start("*", count, count)
        sent.update(attacker.result()["sent"])
        rates.append(meter.mbps())
        memory.append(resident_kib(tunnel.b))
    time.sleep(1)
    rates.append(meter.mbps())
    lab.check(run().bps > 0, "TCP went on to its end")
    lab.settle(lambda: growth(before, tunnel.b.drops()).total() >= sent.total(), 2)
    check_mix(lab, growth(before, tunnel.b.drops()),
              collections.Counter({k.replace("_", " "): n for k, n in sent.items()}))
    lab.check(memory[-1] - memory[0] <= 1024, f"memory of b: {memory[0]} to {memory[-1]} KiB")
    lab.say(f"  {statistics.median(rates[::2]):.0f} Mbit/s without them")
    # Each second with them against the seconds before and after it.
    return [2 * rates[i] / (rates[i - 1] + rates[i + 1]) for i in range(1, len(rates), 2)]


def check_rates(lab, measure, pps):
    """Single seconds differ by a quarter on a small machine, where the sender of the hostile
    packets takes its share of the processor, too: an answer that is not clear is asked for once
    more, and all seconds count."""
    ratios = measure()
    if statistics.median(ratios) < 0.93:
        ratios += measure()
    ratio = statistics.median(ratios)
    lab.check(ratio >= 0.9, f"throughput with {pps} hostile packets/s is {ratio:.3f} of that "
              f"without; each second {' '.join(f'{r:.2f}' for r in ratios)}")


def check_mix(lab, drops, sent):
    """Every packet that arrived was counted under one of its reasons. A full socket may lose a few
    before the daemon sees them."""
    due = sum(n for label, n in sent.items() if LABELS[label])
    lab.check(0.99 * due <= drops.total() <= due,
              f"{sent.total()} hostile packets, {due} to be counted, {drops.total()} counted")
    missing = due - drops.total()
    for reason in {r for reasons in LABELS.values() for r in reasons} | set(drops):
        most = sum(n for label, n in sent.items() if reason in LABELS[label])
        least = sum(n for label, n in sent.items() if LABELS[label] == (reason,))
        lab.check(least - missing <= drops[reason] <= most + missing,
                  f"{reason}: {drops[reason]}, expected {least}"
                  f"{f' to {most}' if most != least else ''}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    # AddressSanitizer keeps what was freed; not so much that it hides what was not.
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
    with Lab(limit=120 + 6 * rounds) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2")
        key = add_ghost(lab, tunnel)
        tunnel.start()
        rng, recipes = random.Random(1), Recipes()
        live, inner = capture_live(lab, tunnel)
        add_live(recipes, live, rng)
        add_garbage(recipes, rng)
        add_sealed(recipes, inner, rng)
        inside = b.capture("hw0", "udp or icmp", snap=64)
        attacker = Attacker(lab, tunnel, key, recipes)
        one_by_one(lab, tunnel, attacker, recipes)
        check_rates(lab, lambda: in_a_mix(lab, tunnel, attacker, rounds), PACKETS // rounds)
        inside.stop()
        seen = read_capture(inside.file, 0)
        lab.check(not seen, f"{len(seen)} packets but TCP came out of the tunnel")
        lab.check(delivered(tunnel)[2] == 0, "nothing of the second peer was delivered")
        lab.check(a.ping(tunnel.b.address).loss == 0, "the tunnel works as before")
        lab.check(tunnel.stop() == [0, 0], "both daemons end well")


main()
