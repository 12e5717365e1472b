#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second opinion on ESP: scapy opens what the tunnel's SAs seal, and they open what scapy seals.
Every cipher, ESN on and off, IPv4 and IPv6 inside, sizes that need every padding.

Usage: test_scapy.py ESP_TOOL. Exit 77: no scapy here."""

import os
import random
import subprocess
import sys
import unittest

try:
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import ESP, IPSecIntegrityError, SecurityAssociation
    from scapy.packet import Raw
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

CIPHERS = {
    "aes-128-gcm": ("AES-GCM", 16),
    "aes-256-gcm": ("AES-GCM", 32),
    "chacha20-poly1305": ("CHACHA20-POLY1305", 32),
}
SPI = 0x0100035A
OUTER = {"src": "192.0.2.1", "dst": "192.0.2.2"}
# A start, around the middle of the low half, and on both sides of a carry into the high half.
# What is more than half a range ahead of its predecessor is not one that a receiver can know.
SEQUENCES = {
    False: [1, 2, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF],
    True: [1, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 0x100000001, 0x17FFFFFFF],
}
SEED = 20261120


class EspTool:
    """The C++ side."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"esp_tool died of: {words}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def inner_packets(generator):
    for size in [0, 1, 2, 3, 4, 63, 160, 1371, 1400, 8900]:
        payload = Raw(generator.randbytes(size))
        yield IP(src="10.8.0.1", dst="10.8.1.1", id=size) / UDP(sport=5, dport=6) / payload
        yield (IPv6(src="2001:db8::1", dst="2001:db8:1::1") / TCP(sport=5, dport=6, seq=size)
               / payload)


class SecondOpinion(unittest.TestCase):
    tool_path = ""

    def setUp(self):
        self.tool = EspTool(self.tool_path)
        self.addCleanup(self.tool.close)
        self.random = random.Random(SEED)

    def scapy_sa(self, cipher, key, low=1):
        # The tunnel header only tells scapy that this is tunnel mode; the wire is bare ESP in UDP.
        # The number is given here because scapy takes a low half of 0 for "none given".
        return SecurityAssociation(ESP, spi=SPI, crypt_algo=CIPHERS[cipher][0], crypt_key=key,
                                   tunnel_header=IP(**OUTER), seq_num=low)

    def for_each(self, check):
        for cipher, (_, key_size) in CIPHERS.items():
            for esn in (False, True):
                with self.subTest(cipher=cipher, esn=esn):
                    check(cipher, esn, self.random.randbytes(key_size + 4))

    def test_scapy_opens_ours(self):
        self.for_each(self.check_scapy_opens_ours)

    def check_scapy_opens_ours(self, cipher, esn, key):
        for first in SEQUENCES[esn]:
            self.tool.ask("out", cipher, key.hex(), SPI, "yes" if esn else "no", first)
            for index, inner in enumerate(inner_packets(self.random)):
                sequence = first + index
                if not esn and sequence > 0xFFFFFFFF:
                    self.assertEqual(self.tool.ask("seal", bytes(inner).hex()), "exhausted")
                    break
                packet = bytes.fromhex(self.tool.ask("seal", bytes(inner).hex()))
                esp = ESP(packet)
                self.assertEqual(esp.spi, SPI)
                self.assertEqual(esp.seq, sequence & 0xFFFFFFFF)
                self.assertEqual(packet[8:16], sequence.to_bytes(8, "big"), "IV")
                self.assertEqual(len(packet) % 4, 0)
                opened = self.scapy_sa(cipher, key).decrypt(
                    IP(**OUTER) / esp, esn_en=esn, esn=sequence >> 32)
                self.assertEqual(bytes(opened), bytes(inner))

    def scapy_seal(self, cipher, key, esn, sequence, inner):
        low = sequence & 0xFFFFFFFF
        sealed = self.scapy_sa(cipher, key, low).encrypt(
            inner, seq_num=low, iv=sequence.to_bytes(8, "big"), esn_en=esn, esn=sequence >> 32)
        return bytes(sealed[ESP])

    def test_we_open_scapys(self):
        self.for_each(self.check_we_open_scapys)

    def check_we_open_scapys(self, cipher, esn, key):
        self.tool.ask("in", cipher, key.hex(), SPI, "yes" if esn else "no")
        packets = list(inner_packets(self.random))
        sequences = SEQUENCES[esn]
        if esn:
            sequences = sequences + [sequences[-1] + 1 + i for i in range(len(packets))]
        else:
            sequences = list(range(1, len(packets))) + sequences[2:]
        for index, sequence in enumerate(sequences):
            inner = packets[index % len(packets)]
            packet = self.scapy_seal(cipher, key, esn, sequence, inner)
            next_header = 41 if inner.version == 6 else 4
            self.assertEqual(self.tool.ask("open", packet.hex()),
                             f"{next_header} {bytes(inner).hex()}")
            self.assertEqual(self.tool.ask("open", packet.hex()), "drop replayed")

    def test_both_refuse_what_is_not_right(self):
        self.for_each(self.check_both_refuse_what_is_not_right)

    def check_both_refuse_what_is_not_right(self, cipher, esn, key):
        inner = next(inner_packets(self.random))
        flag = "yes" if esn else "no"
        self.tool.ask("out", cipher, key.hex(), SPI, flag, 1)
        ours = bytes.fromhex(self.tool.ask("seal", bytes(inner).hex()))
        theirs = self.scapy_seal(cipher, key, esn, 1, inner)
        self.assertEqual(ours, theirs, "the same number seals to the same octets")
        self.tool.ask("in", cipher, key.hex(), SPI, flag)
        for at in (4, 8, 16, len(theirs) // 2, len(theirs) - 1):
            bad = bytearray(theirs)
            bad[at] ^= 0x10
            self.assertEqual(self.tool.ask("open", bad.hex()), "drop icv-failed", f"at {at}")
            with self.assertRaises(IPSecIntegrityError):
                self.scapy_sa(cipher, key).decrypt(IP(**OUTER) / ESP(bytes(bad)), esn_en=esn,
                                                   esn=0)
        # The high half is not on the wire but is authenticated.
        if esn:
            other = self.scapy_seal(cipher, key, True, (1 << 32) + 1, inner)
            self.assertEqual(self.tool.ask("open", other.hex()), "drop icv-failed")
        plain = self.scapy_seal(cipher, key, not esn, 2, inner)
        self.assertEqual(self.tool.ask("open", plain.hex()), "drop icv-failed")
        self.assertNotIn("drop", self.tool.ask("open", theirs.hex()))


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    SecondOpinion.tool_path = sys.argv.pop(1)
    unittest.main(verbosity=2)
