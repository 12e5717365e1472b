# SPDX-License-Identifier: Apache-2.0
"""Two Hawsers with nothing but each other's public key: keys, new keys under load, crashes, both
beginning at once, a change of address, many peers.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b

test_ike.py [SCENARIO...]: all by default.
"""
import os
import re
import sys
import time

from lab import Lab
from lab_ike import IkeTunnel, make_key
from lab_tunnel import counter

BACK_SECONDS = 20
# IKE messages that are none, to an address.
GARBAGE = """
import os, socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for size in range(1200):
    sender.sendto(bytes(4) + os.urandom(size), (sys.argv[1], 4500))
"""


def make_world(lab):
    a, b = lab.node("a"), lab.node("b")
    lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0")
    return a, b


def seconds_until(lab, predicate, limit=BACK_SECONDS):
    begin = time.monotonic()
    lab.settle(predicate, limit)
    return time.monotonic() - begin if predicate() else None


def carries(tunnel):
    return tunnel.a.node.ping(tunnel.b.address, count=1, wait=1).received == 1


def one_ike_sa(tunnel):
    """Both ends have one IKE SA, the same, and one pair of child SAs."""
    spis = [end.ike_spis() for end in tunnel.ends]
    return len(spis[0]) == 1 and spis[0] == spis[1] and tunnel.is_up()


def keys(lab):
    """Keys and peers are all that is configured."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start().wait_until_up()
    ping = a.ping(tunnel.b.address, count=20, interval=0.05)
    lab.check(ping.loss == 0, f"{ping.received} of {ping.sent} answered")
    ike = tunnel.a.ike()
    lab.check(ike["is_hawser"] and "x25519" in ike["suite"], f"status: {ike['suite']}")
    lab.check(ike["children"][0]["suite"].endswith("esn"), ike["children"][0]["suite"])
    lab.check(ike["last_error"] is None, f"no error: {ike['last_error']}")
    text = tunnel.a.command("status").stdout
    lab.check("packet keys" in text and "identity" in text, "status in words")
    lab.check(not tunnel.a.status()["drops"]["control-packet"], "no IKE packet was dropped")
    b.run([sys.executable, "-c", GARBAGE, "192.0.2.1"])
    lab.check(carries(tunnel) and one_ike_sa(tunnel), "garbage harms nothing")
    status = tunnel.a.status()
    seen, too_many = status["ike"], status["drops"]["control-full"]
    lab.check(seen["received"] + too_many >= 1200, f"and is counted, {too_many} unread: {seen}")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def rekey(lab):
    """New keys, of both kinds, while packets flow: none is lost."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2",
                       peer={"rekey-time": 3, "ike-rekey-time": 7}).start().wait_until_up()
    begin, sent, received = time.monotonic(), 0, 0
    while time.monotonic() < begin + 17:
        ping = a.ping(tunnel.b.address, count=200, interval=0.005, wait=2)
        sent, received = sent + ping.sent, received + ping.received
    lab.check(sent == received > 1000, f"{received} of {sent} answered while keys were replaced")
    ike = tunnel.a.ike()
    lab.check(ike["child_rekeys"] >= 4, f"{ike['child_rekeys']} times new packet keys")
    lab.check(ike["ike_rekeys"] >= 2, f"{ike['ike_rekeys']} times new IKE keys")
    before = tunnel.b.ike()
    tunnel.b.ask("rekey", "far", "ike")
    tunnel.a.ask("rekey", "far")

    def both_grew():
        return all(tunnel.b.ike()[kind] > before[kind] for kind in ("ike_rekeys", "child_rekeys"))
    lab.settle(both_grew, 2)
    lab.check(both_grew(), "and when asked to")
    lab.settle(lambda: one_ike_sa(tunnel), 10)
    lab.check(one_ike_sa(tunnel), f"one IKE SA is left: {[e.ike_spis() for e in tunnel.ends]}")
    drops = {end.node.name: end.drops() for end in tunnel.ends}
    lab.note(f"drops: {drops}")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def limits(lab):
    """New keys after a number of packets."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", peer={"rekey-packets": 300}).start()
    tunnel.wait_until_up()
    ping = a.ping(tunnel.b.address, count=1500, interval=0.005, wait=2)
    rekeys = tunnel.a.ike()["child_rekeys"]
    lab.check(ping.loss == 0 and rekeys >= 3, f"{rekeys} times new keys, {ping.loss} % lost")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def crash(lab):
    """kill -9 of either end or both; after a restart the tunnel is back by itself."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start().wait_until_up()
    for victims in ([tunnel.a], [tunnel.b], [tunnel.a, tunnel.b], [tunnel.b]):
        for victim in victims:
            victim.process.popen.kill()
            victim.process.popen.wait()
            lab.processes.remove(victim.process)
        for victim in victims:
            victim.start()
        seconds = seconds_until(lab, lambda: carries(tunnel))
        who = " and ".join(victim.node.name for victim in victims)
        lab.check(seconds is not None, f"killed {who}: back after {seconds or 0:.1f} s")
        lab.settle(lambda: one_ike_sa(tunnel), 10)
        lab.check(one_ike_sa(tunnel), "with one IKE SA")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def both(lab):
    """Both begin at the same moment, again and again: one IKE SA survives, the same at both."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start().wait_until_up()
    for _ in range(5):
        for end in tunnel.ends:
            end.ask("terminate", "far", check=False)
        lab.settle(lambda: not any(end.is_up() for end in tunnel.ends), 5)
        for end in tunnel.ends:
            end.ask("initiate", "far", check=False)
        lab.settle(lambda: one_ike_sa(tunnel) and carries(tunnel), 10)
        lab.check(one_ike_sa(tunnel), f"one is left: {[end.ike_spis() for end in tunnel.ends]}")
        lab.check(carries(tunnel), "and it carries packets")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def move(lab):
    """The address of the end that began changes under it (RFC 4555)."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", peer_b={"endpoint": None}).start()
    tunnel.wait_until_up()
    before = tunnel.a.ike_spis()
    # Not of the same network, or it would go with the first.
    a.ip("addr add 192.0.2.77/25 dev wan0")
    a.ip("addr del 192.0.2.1/24 dev wan0")

    def is_known():
        return tunnel.b.status()["peers"][0]["endpoint"].startswith("192.0.2.77:")
    seconds = seconds_until(lab, is_known)
    lab.check(seconds is not None, f"b was told of it without any packet, {seconds or 0:.1f} s")
    seconds = seconds_until(lab, lambda: carries(tunnel))
    lab.check(seconds is not None, f"packets flow again after {seconds or 0:.1f} s")
    where = tunnel.b.status()["peers"][0]["endpoint"]
    lab.check(where.startswith("192.0.2.77:"), f"b knows the new address: {where}")
    lab.check(tunnel.a.ike_spis() == before, "by the same IKE SA")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


PEERS = 300


def write_peer(lab, directory, number, public=None):
    """A peer that does not exist, or one that does."""
    if public is None:
        public = PUBLIC[number % len(PUBLIC)]
    with open(os.path.join(directory, f"p{number}.conf"), "w") as file:
        file.write(f"[peer.p{number}]\npublic-key = {public}\n"
                   f"identity = p{number}.lab\n"
                   f"allowed-ips = 10.{20 + number // 200}.{number % 200}.0/24\n")


PUBLIC = []


def many(lab):
    """One more of many peers, each in a file of its own, touches no other."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2")
    PUBLIC.append(make_key(lab, lab.directory)[1])
    directory = os.path.join(tunnel.a.directory, "peers.d")
    os.mkdir(directory)
    for number in range(PEERS):
        write_peer(lab, directory, number)
    tunnel.start().wait_until_up()
    lab.check(len(tunnel.a.status()["peers"]) == PEERS + 1, f"{PEERS + 1} peers")
    before = tunnel.a.ike_spis()
    write_peer(lab, directory, PEERS)
    begin = time.monotonic()
    tunnel.a.command("reload")
    lab.check(time.monotonic() - begin < 5, f"reload took {time.monotonic() - begin:.2f} s")
    lab.check(len(tunnel.a.status()["peers"]) == PEERS + 2, "the new one is there")
    os.unlink(os.path.join(directory, "p0.conf"))
    tunnel.a.command("reload")
    lab.check(len(tunnel.a.status()["peers"]) == PEERS + 1, "and one is gone")
    lab.check(tunnel.a.ike_spis() == before and carries(tunnel), "the others were not touched")
    with open(os.path.join(directory, "bad.conf"), "w") as file:
        file.write("[peer.bad]\nallowed-ips = 10.250.0.0/24\n")
    refused = tunnel.a.command("reload", check=False)
    lab.check(refused.returncode == 2 and re.search(r"bad\.conf:1: ", refused.stderr) is not None,
              f"a mistake is named with its file: {refused.stderr.strip()}")
    lab.check(counter(tunnel.a.status(), "ike", "ike_sas") == 1 and carries(tunnel), "all goes on")
    lab.check(tunnel.stop() == [0, 0], "both ended well")


def pool(lab):
    """A client without an address gets one, and name servers; the same again after a restart."""
    a, b = make_world(lab)
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2",
                       peer_a={"virtual-address": "yes"}, peer_b={"endpoint": None})
    del tunnel.a.sections["interface"]["address"]
    tunnel.a.write_config(tunnel.a.sections)
    tunnel.b.sections["interface"].update({"pool": "10.99.0.0/24", "pool-dns": "10.8.0.2"})
    del tunnel.b.sections["peer.far"]["allowed-ips"]
    tunnel.b.write_config(tunnel.b.sections)
    tunnel.start().wait_until_up()
    lab.settle(lambda: "10.99.0.2" in a.ip("addr show hw0"), 5)
    lab.check("10.99.0.2/32" in a.ip("addr show hw0"), "a has an address of the pool")
    lab.check(carries(tunnel), "with which it reaches b")
    lab.check(b.ping("10.99.0.2", count=2, interval=0.1).loss == 0, "and b reaches it")
    with open("/etc/resolv.conf") as file:
        lab.check("nameserver 10.8.0.2" in file.read(), "the name server is in use")
    tunnel.b.stop()
    tunnel.b.start()
    seconds = seconds_until(lab, lambda: carries(tunnel), 45)
    lab.check(seconds is not None, f"b was started again: back after {seconds or 0:.1f} s")
    lab.check("10.99.0.2/32" in a.ip("addr show hw0"), "with the same address")
    lab.check(tunnel.stop() == [0, 0], "both ended well")
    with open("/etc/resolv.conf") as file:
        lab.check(file.read() == "nameserver 192.0.2.53\n", "the name server of before is back")


SCENARIOS = [keys, rekey, limits, crash, both, move, pool, many]


def main():
    wanted = sys.argv[1:] or [scenario.__name__ for scenario in SCENARIOS]
    for scenario in SCENARIOS:
        if scenario.__name__ not in wanted:
            continue
        print(f"-- {scenario.__name__}: {scenario.__doc__}", flush=True)
        with Lab(limit=120) as lab:
            scenario(lab)


main()
