# SPDX-License-Identifier: Apache-2.0
"""Who does not know the public key of a quiet Hawser hears nothing of it, whatever is sent; and a
Hawser that is not quiet answers as RFC 7296 says and never more than it was sent.

    a [hw0 10.8.0.1] -- 192.0.2.1 ==== 192.0.2.2 -- [hw0 10.8.0.2] b      a peer that may come in
    c 198.51.100.10 ... ============== 198.51.100.2 -- b                  somebody with questions
"""
import errno
import random
import re
import struct
import subprocess
import sys

import ike_probes as ike
from lab import Lab
from lab_ike import IkeTunnel
from lab_tunnel import counter

MARKER = bytes(4)
VICTIM = "198.51.100.2"
FIRST_SOURCE = 10
SOURCES = 200
LINK_HEADERS = 14 + 20 + 8
# Sends each line of standard input, "SOURCE PORT HEX", from that address and port.
ASKER = """
import socket, sys
sockets = {}
for line in sys.stdin:
    source, port, octets = line.split(" ")
    key = (source, int(port))
    if key not in sockets:
        sockets[key] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets[key].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sockets[key].bind(key)
    sockets[key].sendto(bytes.fromhex(octets.strip()), (sys.argv[1], 4500))
"""


def make_world(lab, quiet):
    a, b, c = lab.node("a"), lab.node("b"), lab.node("c")
    lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
    lab.veth(c, " ".join(f"198.51.100.{FIRST_SOURCE + i}/24" for i in range(SOURCES)), b,
             f"{VICTIM}/24")
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", interface={"quiet": quiet},
                       peer_b={"endpoint": None})
    return tunnel, c


def packets(file):
    """The frames of a pcap file."""
    with open(file, "rb") as pcap:
        octets = pcap.read()
    frames, at = [], 24
    while at + 16 <= len(octets):
        size, = struct.unpack_from("<I", octets, at + 8)
        frames.append(octets[at + 16:at + 16 + size])
        at += 16 + size
    return frames


def payloads(file):
    return [frame[LINK_HEADERS:] for frame in packets(file)]


def record(lab, tunnel):
    """What a and b say to each other from the first message on: (by a, by b), UDP payloads."""
    wires = [tunnel.a.node.capture("to-b", f"udp port 4500 and src host {source}")
             for source in ("192.0.2.1", "192.0.2.2")]
    tunnel.b.start()  # First: a request that b never saw is no recording to it.
    tunnel.a.start()
    tunnel.wait_until_up()
    tunnel.a.node.ping(tunnel.b.address, count=20, interval=0.02)
    for wire in wires:
        wire.stop()
    return tuple(payloads(wire.file) for wire in wires)


def ask(lab, c, questions):
    """Each question (UDP payload) from an address of its own. Returns what came back from b: the
    UDP payloads by the port that they came to, and how many other packets."""
    wire = c.capture("to-b", f"src host {VICTIM}")
    lines = "".join(f"198.51.100.{FIRST_SOURCE + i % SOURCES} {2000 + i} {octets.hex()}\n"
                    for i, octets in enumerate(questions))
    subprocess.run(c.prefix + [sys.executable, "-c", ASKER, VICTIM], input=lines, text=True,
                   check=True, timeout=60)
    c.ping(VICTIM, count=1)  # Behind all of them: the capture has seen what there was.
    wire.stop()
    answers, others = {}, 0
    for frame in packets(wire.file):
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            port, = struct.unpack_from(">H", frame, 36)
            answers.setdefault(port - 2000, []).append(frame[LINK_HEADERS:])
        elif frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] != 0:
            others += 1
    return answers, others


def without_knowledge(rng):
    """{label: questions} of somebody who knows our address."""
    spis = (rng.randbytes(8), rng.randbytes(8))
    half = (spis[0], bytes(8))
    critical = ike.chain([(200, b"?", True)])
    return {
        "IKE_SA_INIT as strongSwan sends it": [ike.SaInit(rng).octets() for _ in range(5)],
        "IKE_SA_INIT, a random MAC": [
            ike.SaInit(rng).with_mac(None, mac=rng.randbytes(16)).octets() for _ in range(5)],
        "IKE_SA_INIT, a MAC of 15 octets": [
            ike.SaInit(rng).with_mac(None, mac=rng.randbytes(15)).octets()],
        "IKE_SA_INIT as scanners send it": [
            ike.SaInit(rng, ike.OLD, (group,), key_size=size).octets()
            for group, size in ((ike.MODP_1024, 128), (ike.MODP_2048, 256))],
        "IKE_SA_INIT with another group": [
            ike.SaInit(rng, groups=(ike.X25519, 14), group=14, key_size=256).octets()],
        "IKE_SA_INIT without all else": [
            ike.header(half, 0, ike.IKE_SA_INIT, 28)],
        "a cookie that nobody gave": [ike.header(half, 41, ike.IKE_SA_INIT, 28 + 4 + 28) +
                                      ike.chain([ike.notify(16390, rng.randbytes(24))])[0]],
        "a critical payload that nobody knows": [
            ike.header(half, critical[1], ike.IKE_SA_INIT, 28 + len(critical[0])) + critical[0]],
        "other versions": [ike.SaInit(rng).octets(version=version)
                           for version in (0x00, 0x10, 0x21, 0x30, 0xf0)],
        "IKE_SA_INIT with wrong flags and numbers": [
            ike.SaInit(rng).octets(flags=flags, message_id=number)
            for flags in (0, ike.RESPONSE, 0x28, 0x10) for number in (0, 1)],
        "IKEv1": [ike.ike_v1(rng, exchange) for exchange in (2, 4)],
        "messages of unknown SPIs": [
            ike.protected(rng, spis, exchange, flags)
            for exchange in (ike.IKE_AUTH, ike.CREATE_CHILD_SA, ike.INFORMATIONAL, 43, 99)
            for flags in (ike.INITIATOR, 0, ike.RESPONSE)],
        "an empty INFORMATIONAL in the clear": [ike.header(spis, 0, ike.INFORMATIONAL, 28)],
        "garbage": [rng.randbytes(size) for size in range(1, 200, 3)],
        "runts": [bytes(size) for size in range(32)],
    }


def without_marker(rng):
    """UDP payloads that are no IKE."""
    return {"ESP of unknown SPIs": [struct.pack(">II", spi, 1) + rng.randbytes(100)
                                    for spi in (1, 255, 0x01000001, 0x01000100, 0xffffffff)],
            "garbage behind no marker": [rng.randbytes(size) for size in (0, 1, 3, 4, 8, 100, 900)],
            "keepalives": [b"\xff"] * 3}


def with_recordings(rng, recorded):
    """Of somebody who saw a and b speak: all again, and changed."""
    requests = [octets[4:] for octets in recorded[0] if octets[:4] == MARKER]
    first = requests[0]
    spis = next((r[:8], r[8:16]) for r in requests if r[8:16] != bytes(8))
    flipped = []
    for bit in rng.sample(range(8 * len(first)), 200):
        changed = bytearray(first)
        changed[bit // 8] ^= 0x80 >> bit % 8
        flipped.append(MARKER + bytes(changed))
    return {
        "the first request, again": [MARKER + first] * 3,
        "ESP of a, again": [octets for octets in recorded[0] if octets[:4] != MARKER],
        "all that b said": list(recorded[1]),
        "the first request, a bit flipped": flipped,
        "the first request, cut": [MARKER + first[:size] for size in range(28, len(first), 7)],
        "messages of known SPIs, not sealed": [
            MARKER + ike.protected(rng, spis, exchange, flags, number)
            for exchange in (ike.IKE_AUTH, ike.CREATE_CHILD_SA, ike.INFORMATIONAL)
            for flags in (ike.INITIATOR, 0) for number in (0, 1, 2, 3)],
    }


def with_wrong_macs(rng, key, other_key):
    return {
        "the MAC of another key": [ike.SaInit(rng).with_mac(other_key).octets()],
        "a MAC of long ago": [ike.SaInit(rng).with_mac(key, minutes).octets()
                              for minutes in (-100000, -60, -4)],
        "a MAC of the future": [ike.SaInit(rng).with_mac(key, minutes).octets()
                                for minutes in (4, 60, 100000)],
        "the MAC of another request": [
            ike.SaInit(rng).with_mac(key, mac=ike.SaInit(rng).mac(key, minute)).octets()
            for minute in (0, 30000000)],
    }


def expect_silence(lab, c, label, questions):
    answers, others = ask(lab, c, questions)
    lab.check(not answers and not others,
              f"{len(questions)} of '{label}': {sum(map(len, answers.values()))} answers, "
              f"{others} other packets")


def expect_repetition(lab, c, recorded):
    """The last request of an IKE SA is answered again, from wherever it comes (RFC 7296 section
    2.1): its sender may have moved. Who repeats it has seen that b is there; b says no more."""
    requests = [octets for octets in recorded[0] if octets[:4] == MARKER]
    answers, others = ask(lab, c, requests * 2)
    came = [one for index in answers for one in answers[index]]
    lab.check(all(answers[index][0] in recorded[1] for index in answers),
              f"{len(requests)} requests of a, twice: {len(came)} answers, the octets of before")
    last = len(requests) - 1
    lab.check(set(answers) <= {last, last + len(requests)} and not others and
              all(len(one) <= len(requests[last]) for one in came),
              f"to the last request only, of {len(requests[last])} octets: {[*map(len, came)]}")


def marked(kinds):
    return {label: [MARKER + octets for octets in questions]
            for label, questions in kinds.items()}


def check_tcp(lab, c):
    """As any port that nobody listens on."""
    script = ("import socket, sys\n"
              "print(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))))")
    said = [c.run([sys.executable, "-c", script, VICTIM, str(port)]).stdout.strip()
            for port in (500, 4500, 4501)]
    lab.check(said == [str(errno.ECONNREFUSED)] * 3, f"TCP ports 500, 4500 and 4501 say {said}")


def comes_in(lab, tunnel, when):
    tunnel.a.stop()
    tunnel.a.start()
    lab.settle(tunnel.a.is_up, 5)
    lab.check(tunnel.a.is_up() and tunnel.a.node.ping(tunnel.b.address, count=3).loss == 0,
              f"a peer with the right key comes in {when}")


def quiet(lab):
    """Nothing is answered."""
    rng = random.Random(1)
    tunnel, c = make_world(lab, "yes")
    key = re.search("ed25519:.*", tunnel.a.sections["peer.far"]["public-key"])[0]
    other_key = tunnel.b.sections["peer.far"]["public-key"]
    recorded = record(lab, tunnel)
    lab.require(recorded[0][0][:4] == MARKER and recorded[0][0][12:20] == bytes(8),
                f"recorded {len(recorded[0])} and {len(recorded[1])} messages from the first on")
    kinds = {**marked(without_knowledge(rng)), **without_marker(rng),
             **marked(with_wrong_macs(rng, key, other_key)), **with_recordings(rng, recorded)}
    before = counter(tunnel.b.status(), "ike", "quiet")
    for label, questions in kinds.items():
        expect_silence(lab, c, label, questions)
    expect_repetition(lab, c, recorded)
    refused = counter(tunnel.b.status(), "ike", "quiet") - before
    # That many can be understood; of what is a bit off, it depends on the bit.
    lab.check(refused > 30, f"{refused} requests were refused for their MAC")
    check_tcp(lab, c)
    answers, _ = ask(lab, c, [MARKER + ike.SaInit(rng).with_mac(key, minutes).octets()
                              for minutes in (-1, 0, 1)])
    lab.check(sorted(answers) == [0, 1, 2], "with the right MAC there is an answer, at once")
    comes_in(lab, tunnel, "after all this")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def expected_answers(rng):
    """(label, question, what the answer must hold or None for none)"""
    half = (rng.randbytes(8), bytes(8))
    no_key = ike.chain([(ike.SA, ike.proposal(ike.AES_GCM + [(4, ike.X25519, None)])),
                        (ike.NONCE, rng.randbytes(32))])
    critical = ike.SaInit(rng)
    critical.payloads.append((200, b"?", True))
    silent = {label: questions for label, questions in without_knowledge(rng).items()
              if label in ("IKEv1", "messages of unknown SPIs", "garbage", "runts",
                           "an empty INFORMATIONAL in the clear")}
    return [
        ("as strongSwan sends it", ike.SaInit(rng).octets(), "SA"),
        ("minor version 1", ike.SaInit(rng).octets(version=0x21), "SA"),
        ("of scanners", ike.SaInit(rng, ike.OLD, (ike.MODP_1024,), key_size=128).octets(), 14),
        ("with another group",
         ike.SaInit(rng, groups=(ike.X25519, 14), group=14, key_size=256).octets(), 17),
        ("a key too short", ike.SaInit(rng, key_size=31).octets(), 7),
        ("no key at all", ike.header(half, no_key[1], ike.IKE_SA_INIT, 28 + len(no_key[0])) +
         no_key[0], 7),
        ("major version 3", ike.SaInit(rng).octets(version=0x30), 5),
        ("a critical payload", critical.octets(), 1),
        *((label, question, None) for label, questions in silent.items()
          for question in questions[:8]),
    ]


def short_questions(rng):
    """To which an answer in full would be longer."""
    spis = (rng.randbytes(8), bytes(8))
    bare = ike.SaInit(rng)
    del bare.payloads[3:]
    return [ike.header(spis, 0, ike.IKE_SA_INIT, 28), ike.header(spis, 0, 99, 28, version=0x30),
            ike.header(spis, 200, ike.IKE_SA_INIT, 32) + ike.chain([(200, b"", True)])[0],
            bare.octets()]


def loud(lab):
    """quiet = no: what RFC 7296 says, and never more octets than were asked with."""
    rng = random.Random(2)
    tunnel, c = make_world(lab, "no")
    tunnel.start().wait_until_up()
    table = expected_answers(rng)
    answers, others = ask(lab, c, [MARKER + question for _, question, _ in table])
    lab.check(others == 0, "nothing but UDP came")
    for index, (label, question, expected) in enumerate(table):
        came = answers.pop(index, [])
        if expected is None:
            lab.check(not came, f"{label}, {len(question)} octets: no answer")
            continue
        if not lab.check(len(came) == 1 and came[0][:4] == MARKER, f"{label}: one answer"):
            continue
        answer = ike.Answer(came[0][4:])
        lab.check(answer.is_to(question), f"{label}: it is to this request")
        lab.check(len(came[0]) <= 4 + len(question),
                  f"{label}: {len(came[0])} octets for {4 + len(question)}")
        if expected == "SA":
            lab.check(answer.kinds[:3] == [ike.SA, ike.KE, ike.NONCE] and answer.spi_r != bytes(8),
                      f"{label}: payloads {answer.kinds}")
        else:
            lab.check(list(answer.notifies) == [expected] and answer.spi_r == bytes(8),
                      f"{label}: notify {answer.notifies}")
    lab.check(not answers, f"nothing else came: {answers}")
    for question in short_questions(rng):
        answers, _ = ask(lab, c, [MARKER + question])
        sizes = [len(one) for came in answers.values() for one in came]
        lab.check(all(size <= 4 + len(question) for size in sizes),
                  f"{4 + len(question)} octets draw {sizes}")
    check_tcp(lab, c)
    comes_in(lab, tunnel, "too")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


SCENARIOS = [quiet, loud]


def main():
    wanted = sys.argv[1:] or [scenario.__name__ for scenario in SCENARIOS]
    for scenario in SCENARIOS:
        if scenario.__name__ in wanted:
            with Lab(limit=180) as lab:
                lab.say(f"-- {scenario.__name__}: {scenario.__doc__}")
                scenario(lab)


main()
