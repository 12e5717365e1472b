# SPDX-License-Identifier: Apache-2.0
"""A second opinion on the wire: tshark, given the keys, finds in a live capture of the outer link
the very packets that went into the tunnel.

    a [10.8.0.1 fd00:8::1] -- 192.0.2.1 ==== capture ==== 192.0.2.2 -- [10.8.0.2 fd00:8::2] b
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))

from lab import Lab, skip  # noqa: E402
from lab_tunnel import Tunnel  # noqa: E402

SIZES = (0, 1, 2, 3, 56, 700, 1372)


def read_keys(tunnel):
    """{"in": HEX, "out": HEX} of the first end's key file."""
    with open(os.path.join(tunnel.a.directory, "lab.keys")) as file:
        lines = [line.partition("=") for line in file if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in lines}


def esp_sa(spi, key):
    """A row of tshark's table of SAs. ESN makes no difference to decryption, only to the ICV."""
    fields = ("IPv4", "*", "*", spi, "AES-GCM with 16 octet ICV [RFC4106]", "0x" + key, "NULL", "")
    return "uat:esp_sa:" + ",".join(f'"{field}"' for field in fields)


def echoes(lab, file, options=()):
    """Every ping in a capture: source, sequence number, payload. Of packets in packets the inner
    one counts."""
    fields = ("ip.src", "ipv6.src", "icmp.seq", "icmpv6.echo.sequence_number", "data.data")
    command = ["tshark", "-n", "-r", file, *options, "-T", "fields", "-E", "occurrence=l",
               "-Y", "icmp.seq or icmpv6.echo.sequence_number"]
    for field in fields:
        command += ["-e", field]
    rows = set()
    for line in lab.run_here(command).splitlines():
        columns = line.split("\t")
        if len(columns) != len(fields):
            continue
        source4, source6, sequence4, sequence6, data = columns
        # The outer header is IPv4: an inner IPv6 packet shows its address beside the outer one's.
        rows.add((source6 or source4, sequence4 or sequence6, data))
    return rows


def ask_tshark(lab, a, b, cipher, slot):
    tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name=f"hw{slot}", slot=slot, cipher=cipher,
                    esn="yes" if slot == 1 else "no").start()
    keys = read_keys(tunnel)
    sa = tunnel.a.sections["sa.far"]
    outside, inside = a.capture("wan0", "udp port 4500"), a.capture(tunnel.name, "icmp or icmp6")
    for address in (tunnel.b.address, tunnel.b.address6):
        for size in SIZES:
            ping = a.ping(address, count=2, interval=0.05, size=size)
            lab.require(ping.loss == 0, f"{size} octets to {address}")
    outside.stop()
    inside.stop()
    tunnel.stop()
    sent = echoes(lab, inside.file)
    seen = echoes(lab, outside.file, (
        "-o", "esp.enable_encryption_decode:TRUE",
        "-o", esp_sa(sa["spi-in"], keys["in"]), "-o", esp_sa(sa["spi-out"], keys["out"])))
    lab.check(len(sent) == 8 * len(SIZES), f"{cipher}: {len(sent)} different packets inside")
    lab.check(seen == sent, f"{cipher}: tshark decrypts to the same {len(seen)} packets")
    lab.check(not echoes(lab, outside.file), f"{cipher}: without the keys it sees none of them")
    swapped = echoes(lab, outside.file, (
        "-o", "esp.enable_encryption_decode:TRUE",
        "-o", esp_sa(sa["spi-in"], keys["out"]), "-o", esp_sa(sa["spi-out"], keys["in"])))
    lab.check(not swapped & sent, f"{cipher}: nor with each other's keys")


def main():
    if not shutil.which("tshark"):
        skip("no tshark here")
    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0")
        for slot, cipher in enumerate(("aes-128-gcm", "aes-256-gcm"), 1):
            ask_tshark(lab, a, b, cipher, slot)


main()
