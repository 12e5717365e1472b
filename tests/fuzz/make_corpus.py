#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpora: small sound inputs of each fuzz target, from which a fuzzer (and the
replay's variations) reach the rest. Inputs that once broke something are added by hand; this
script leaves them alone."""

import base64
import pathlib
import struct

import ike_corpus

CORPUS = pathlib.Path(__file__).parent / "corpus"
CERTIFICATES = pathlib.Path(__file__).parent.parent / "vectors" / "certificates"


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(payload, protocol, source="10.8.0.1", destination="10.8.1.1", options=b"", flags=0x4000):
    addresses = b"".join(bytes(map(int, text.split("."))) for text in (source, destination))
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 7, flags, 64,
                       protocol, 0) + addresses + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(payload, next_header):
    source = bytes.fromhex("20010db8000000000000000000000001")
    return (struct.pack(">IHBB", 0x60000000, len(payload), next_header, 64) + source
            + source[:-1] + b"\2" + payload)


def tcp(payload=b"", flags=0x10, options=b"", sequence=1):
    return struct.pack(">HHIIBBHHH", 5000, 80, sequence, 1, (5 + len(options) // 4) << 4, flags,
                       1024, 0, 0) + options + payload


def udp(payload=b""):
    return struct.pack(">HHHH", 5000, 53, 8 + len(payload), 0) + payload


SYN = tcp(flags=0x02, options=bytes.fromhex("020405b40402080a000000010000000001030307"))


def inner_packets():
    return {
        "v4-tcp": ipv4(tcp(b"hello"), 6),
        "v4-syn": ipv4(SYN, 6),
        "v4-udp": ipv4(udp(b"voice" * 4), 17),
        "v4-options": ipv4(udp(b"x"), 17, options=b"\x94\x04\0\0"),
        "v4-fragment": ipv4(b"part of it", 17, flags=0x2001),
        "v6-tcp": ipv6(tcp(b"hello"), 6),
        "v6-syn": ipv6(SYN, 6),
        "v6-udp": ipv6(udp(b"voice"), 17),
        "v6-fragment": ipv6(b"\x11\0\0\1\0\0\0\7" + udp(), 44),
        "v4-icmp": ipv4(b"\x08\0\xf7\xff\0\0\0\0", 1),
    }


def maker(kind, count, marks, position):
    """The octets that make_packet of packet_maker.cc takes."""
    return bytes([kind, count]) + (b"" if kind >= 0xF0 else bytes([marks, position]))


CONFIG = """\
# One site.
[interface]
name = hw0
address = 10.8.0.2/24, fd00::2/64   # two of them
listen-port = 4500
mtu = 1400
[peer.hq]
endpoint = 192.0.2.1:4500
allowed-ips = 10.8.0.0/24, 192.168.0.0/16
keepalive = 20
[sa.hq]
spi-in = 0x01000001
spi-out = 0x01000101
key-file = /nonexistent/hq.keys
cipher = aes-256-gcm
esn = yes
replay-window = 4096
"""


def seeds():
    tcp_runs = b"".join(maker(kind, 40, 0, position)
                        for kind in (0, 1, 4, 8) for position in (1, 2, 3))
    udp_runs = b"".join(maker(kind, 16, 0, position) for kind in (2, 3) for position in (1, 2, 3))
    marked = maker(0, 8, 0xFB, 1) + maker(0, 8, 0xFA, 2) + maker(0, 8, 0x81, 3)
    raw = b"\xf0\x1c" + ipv4(udp(), 17)
    steps = {
        "sealed": (b"".join(b"\x01" + maker(kind, 40, 0, 1) for kind in (0, 1, 2, 3))
                   + b"\x01" + raw),
        "raw-outer": (b"\0\x01\xff" + b"\0\x08" + bytes(8) + b"\0\x24"
                      + struct.pack(">IIQ", 0x0100035A, 1, 1) + bytes(20)),
        "anything-clear": b"\x02\x04\1\2\2\x3b" + b"\x02\x08\x45\0\0\x14\1\2\2\4" + b"\x02\0",
        "replay": b"\x03\x05\0\1" * 3 + b"\x03\xff\0\1" + b"\x03\0\0\xff",
        "outbound": b"".join(b"\x04" + bytes([gso, 8, 40, 20, 16]) + maker(kind, 40, 8, 1)
                             for gso, kind in ((0, 0), (1, 0), (1, 1), (2, 2), (3, 3))),
        "timers": b"\x06\x15\x06\xff\x07\x04" + bytes([0, 0, 0, 0, 0]) + maker(0, 4, 0, 1),
    }
    packets = inner_packets()
    key = base64.b64encode(bytes(range(32))).decode()
    hexes = bytes(range(36)).hex(), bytes(range(36, 72)).hex()
    return {
        "text_address": {
            "v4": "192.0.2.1", "v6": "2001:db8::1", "mapped": "::ffff:192.0.2.1",
            "prefix4": "10.8.0.2/24", "prefix6": "2001:db8::/33", "transport4": "192.0.2.1:4500",
            "transport6": "[2001:db8::1]:4500", "nul": "1.2.3.4\0/8"},
        "identity_key": {"public": f"ed25519:{key}", "private": f" ed25519-private:{key}\n",
                         "short": "ed25519:AAAA"},
        "esp_packet": {
            "smallest": struct.pack(">IIQ", 0x01000001, 1, 1) + b"\1\2\2\x3b" + bytes(16),
            "keepalive": b"\xff", "control": bytes(4) + bytes(28),
            "clear": b"\x45" + bytes(19) + b"\1\2\2\4"},
        "replay_window": {
            "in-order": bytes(3) + b"\2\0\1" * 20 + b"\1\0\5" * 2,
            "late": bytes([0, 0, 2]) + b"\2\0\x50" * 6 + b"".join(
                bytes([1, 0, back]) for back in (0, 1, 63, 64, 79, 80, 255)) * 2,
            "resized": bytes([200, 3, 5]) + b"".join(
                b"\2\0\x41\1\0\7\2\3\0" + bytes([0, 0, size]) + b"\1\0\x30\1\0\x30"
                for size in (0, 3, 14, 1, 6)),
            "jumps": bytes([255, 31, 1]) + b"".join(
                bytes([shift << 4 | 2, 0, 255, 1, 0, 200, shift << 4 | 1, 0, 1])
                for shift in (2, 4, 6, 10, 15))},
        "inner_packet": {name: struct.pack(">HHB", 1280, 20, 16) + packet
                         for name, packet in packets.items()},
        "segmenter": {name: struct.pack(">BHB", "udp" in name, 3, 40) + packet
                      for name, packet in packets.items()},
        "coalescer": {"tcp": b"\0" + tcp_runs, "udp": b"\0" + udp_runs, "marked": b"\0" + marked,
                      "raw": b"\0" + raw * 2, "off": b"\3" + tcp_runs[:16] + udp_runs[:16]},
        "data_plane": {f"{name}-{state:02x}": bytes([state]) + what
                       for name, what in steps.items() for state in (0x09, 0x1A, 0xE0)},
        "vnet_header": {
            "plain": bytes(10) + packets["v4-udp"],
            "partial-checksum": struct.pack("<BBHHHH", 1, 0, 0, 0, 20, 6) + packets["v4-udp"],
            "tso4": struct.pack("<BBHHHH", 1, 1, 40, 3, 20, 16) + packets["v4-tcp"],
            "tso6": struct.pack("<BBHHHH", 1, 4, 60, 3, 40, 16) + packets["v6-tcp"],
            "uso": struct.pack("<BBHHHH", 1, 5, 28, 5, 20, 6) + packets["v4-udp"]},
        "config_text": {"site": CONFIG, "broken": "[interface\nname=\n=x\n[peer.]\n[sa.a]\nspi-in"},
        "config_load": {"site": CONFIG, "empty": "[interface]\n",
                        "no-sa": CONFIG[:CONFIG.index("[sa.hq]")]},
        "nack": {
            "one": bytes.fromhex("9100000000000001" "0102000300000007"),
            "round": bytes.fromhex("9108000000000002" "00000001" "01020003fffffffe"
                                   "ffff000100000000")},
        "parity": {
            "one": bytes.fromhex("b0000102030405060001000445000004"),
            "three": bytes.fromhex("b000010203040506000700004011ff"),
            "wraps": bytes.fromhex("b0000001fffffffe8001000345000300ff")},
        "key_file": {"two-keys": f"# keys\nin = {hexes[0]}\nout = {hexes[1]}\n",
                     "odd": "in = 0\n", "twice": f"in = {hexes[0]}\nin = {hexes[0]}\n"},
        "control_request": {
            "status": '{"v":1,"id":1,"cmd":"status"}', "no-version": '{"id":2,"cmd":"sas"}',
            "unknown": '{"v":1,"id":"x","cmd":"dance","args":{}}', "deep": "[" * 64},
    }


def path_reports(*changes):
    """An octet of milliseconds before each report of a row; what is given replaces its fields."""
    row = b""
    for number, change in enumerate(changes):
        fields = {"number": number, "spi": 0x100, "highest": number + 1, "packets": number + 1,
                  "octets": 1000 * number, "lost": 0, "congested": 0, "arrival": 1600 * number,
                  "echo": 16000 + 410 * number, "held": 40, "delay": 7, **change}
        row += b"\x19" + struct.pack(
            ">BxHIHHIIIIIIIIHHIHH", 0x60, 0, fields["number"], 0, 1, fields["spi"],
            fields["highest"], fields["packets"], fields["octets"], fields["lost"],
            fields["congested"], fields["arrival"], fields["echo"], fields["held"], 100,
            fields["delay"], 3, 2)
    return row


def path_life_steps(*steps):
    """An octet of the address's origin; each step: what, (a port,) a frame, 4 ms of time."""
    row = b"\x02"
    for what, frame, time in steps:
        port = b"\x07" if what & 0x10 else b""
        row += bytes([what]) + port + bytes([len(frame)]) + frame + bytes([time])
    return row


def path_frame(kind, number, body):
    stamped = 8 if kind in (4, 5) else 0
    stamp = struct.pack(">I", 1 << 14) if stamped else b""
    return struct.pack(">BBHI", kind << 4, stamped, 0, number) + stamp + body


def multipath_seeds():
    most = 0xFFFFFFFF
    probe = path_frame(4, 1, struct.pack(">BBH", 1, 0, 300) + bytes(40))
    answers = [path_frame(5, number, struct.pack(">II", 1 << 14, 5)) for number in range(1, 9)]
    challenge, proof = (path_frame(kind, 0, bytes(range(16))) for kind in (7, 8))
    return {"path_life": {
        "answered": path_life_steps(*[(1, answer, 10) for answer in answers]),
        "probed": path_life_steps(*[(3, probe, 5)] * 12),
        "moved": path_life_steps((1, probe, 3), (0x11, probe, 9), (0x11, proof, 9)),
        "challenged": path_life_steps((0x11, challenge, 1), (1, proof, 30), (1, challenge, 255)),
        "silent": path_life_steps(*[(2, b"", 250)] * 12, *[(1, answers[7], 200)] * 3),
        "link": path_life_steps((1, probe, 9), (0x20, b"", 90), (0x60, b"", 9),
                                (0xC0, answers[0], 255), (0x80, b"", 255))}, "path_report": {
        "row": path_reports(*[{}] * 6),
        "wraps": path_reports({}, {"packets": most, "octets": most, "arrival": most}, {}, {}),
        "backwards": path_reports({"number": 9}, {"number": 3}, {"spi": 0x200}, {"lost": most}),
        "wild-times": path_reports({"echo": 0, "delay": most >> 1}, {"delay": most // 2 + 1},
                                   {"held": 0xFFFF}, {"echo": most}, {"arrival": most >> 1}),
        "all-lost": path_reports({"lost": 1000}, {"congested": most}, {"lost": most >> 1})}}


def certificate_seeds():
    """Certificates and CRLs, as they are and without their PEM."""
    files = {}
    for name in ("ca.crl", "constrained.pem", "ed25519.pem", "rsa2048.pem", "unknown-critical.pem"):
        text = (CERTIFICATES / name).read_text()
        files[name] = text
        files[name + ".der"] = base64.b64decode("".join(text.strip().splitlines()[1:-1]))
    files["chain"] = "".join((CERTIFICATES / f"{name}.pem").read_text()
                             for name in ("too-deep", "second-intermediate", "intermediate", "ca"))
    return {"certificate": files}


def main():
    for target, files in {**seeds(), **ike_corpus.seeds(), **certificate_seeds(),
                          **multipath_seeds()}.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


if __name__ == "__main__":
    main()
