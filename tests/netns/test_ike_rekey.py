# SPDX-License-Identifier: Apache-2.0
"""New keys, again and again, while datagrams flow at 80 % of what gets through without loss: none
is lost, and none overtakes another.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b      datagrams from a to b

    test_ike_rekey.py [CHILD IKE]     how many times new keys of child SAs and of the IKE SA
"""
import sys
import time

import lab_traffic
from lab import Lab, LabError
from lab_ike import IkeTunnel

SIZE = 1000
# Seconds from one rekey to the next, at least.
PACE = 0.4
# Between two looks whether both ends have them.
LOOK = 0.05
# Until one must be done: an end that is busy says so (TEMPORARY_FAILURE) and is asked again later.
REKEY_SECONDS = 30
SPARE_SECONDS = 12
ATTEMPTS = 4
# From one rate that is tried to the next.
STEPS = 10
STEP = 0.85


def find_rate(lab, a, b, tunnel, seconds):
    """The highest rate at which nothing is lost for so long, in packets a second. Where something
    is lost it is mostly so at once: a quarter of the time tells that."""
    found = lab_traffic.dgram(lab, "search", a, b, tunnel.b.address, size=SIZE, seconds=1,
                              options="--loss-max 0")
    rate = found["sent_pps"]
    lab.say(f"  without loss for a second: {rate:.0f} packets/s of {SIZE} octets")
    for _ in range(STEPS):
        rate *= STEP
        for part in (seconds // 4, seconds):
            report = stream(lab, a, b, tunnel, rate, part)()
            lost = report["lost"]
            lab.say(f"  {rate:.0f} packets/s: {lost} of {report['sent']} lost in {part} s")
            if lost:
                break
        else:
            return rate
    raise LabError("something is lost at any rate")


def stream(lab, a, b, tunnel, rate, seconds):
    return lab_traffic.start_dgram(lab, "flood", a, b, tunnel.b.address, size=SIZE, rate_pps=rate,
                                   seconds=seconds)


def count(controls, kind):
    """How many both ends know of. controls: a connection to each; to start a command takes from
    the processors what the stream would need."""
    return min(control("status")["peers"][0]["ike"][f"{kind}_rekeys"] for control in controls)


def order_of(children, ikes):
    """The kinds, those of the IKE SA spread among the others; never one kind at one end only."""
    kinds = []
    for i in range(children + ikes):
        due = (i + 1) * ikes // (children + ikes)
        kinds.append("ike" if due > kinds.count("ike") else "child")
    return kinds


def replace_keys(lab, controls, kinds):
    """Each end in turn asks for them. Returns how long the slowest took, as far as it was seen."""
    slowest = 0
    asked = {"ike": 0, "child": 0}
    known = {kind: count(controls, kind) for kind in asked}
    for kind in kinds:
        control = controls[asked[kind] % 2]
        asked[kind] += 1
        begin = time.monotonic()
        control("rekey", what=kind)
        while count(controls, kind) <= known[kind]:
            if time.monotonic() > begin + REKEY_SECONDS:
                raise LabError(f"no new {kind} keys in {REKEY_SECONDS} s")
            time.sleep(LOOK)
        known[kind] += 1
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(max(0, begin + PACE - time.monotonic()))
    return slowest


def stream_seconds(kinds):
    return int((PACE + 0.1) * len(kinds)) + SPARE_SECONDS


def attempt(lab, a, b, tunnel, controls, rate, kinds):
    """One stream without and one with new keys. Whether nothing was lost in either."""
    plain = stream(lab, a, b, tunnel, rate, 5)()
    if plain["lost"]:
        lab.say(f"  {rate:.0f} packets/s: {plain['lost']} of {plain['sent']} lost without rekeys")
        return False
    before = {kind: count(controls, kind) for kind in ("child", "ike")}
    drops = [end.drops() for end in tunnel.ends]
    seconds = stream_seconds(kinds)
    run = stream(lab, a, b, tunnel, rate, seconds)
    time.sleep(0.5)
    begin = time.monotonic()
    slowest = replace_keys(lab, controls, kinds)
    took = time.monotonic() - begin
    lab.check(took < seconds - 1, f"all of it fell into the stream: {took:.1f} of {seconds} s")
    report = run()
    done = {kind: count(controls, kind) - before[kind] for kind in before}
    lab.say(f"  {rate:.0f} packets/s: {report['lost']} of {report['sent']} lost with "
            f"{done['child']} new child and {done['ike']} new IKE SAs, the slowest known at both "
            f"ends after {slowest:.2f} s; {report['reordered']} overtaken")
    lab.check(all(done[kind] >= kinds.count(kind) for kind in done), "that many, and no fewer")
    grown = [end.drops() for end in tunnel.ends]
    # Whatever a busy machine loses in its queues: of what came, nothing was refused.
    lab.check(grown == drops, f"no packet was dropped for its SA: {grown}, before {drops}")
    per_packet = plain["reordered"] / plain["sent"]
    lab.check(report["reordered"] <= per_packet * report["sent"] and not report["duplicated"],
              f"{report['reordered']} overtaken, {plain['reordered']} of {plain['sent']} before")
    if report["lost"]:
        control = stream(lab, a, b, tunnel, rate, seconds)()
        lab.say(f"  as long without rekeys: {control['lost']} of {control['sent']} lost")
    return report["lost"] == 0


def main():
    children, ikes = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (10, 3)
    kinds = order_of(children, ikes)
    seconds = stream_seconds(kinds)
    limit = 120 + STEPS * (5 + seconds * 5 // 4) + ATTEMPTS * (30 + 2 * seconds)
    with Lab(limit=limit) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
        tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start().wait_until_up()
        highest = find_rate(lab, a, b, tunnel, seconds)
        # Where the machine has become busier since, the rate is no longer one without loss: it is
        # lowered until nothing is lost. Loss at a rekey would stay.
        shares = [0.8 * STEP ** i for i in range(ATTEMPTS)]
        controls = [end.control() for end in tunnel.ends]
        held = next((share for share in shares
                     if attempt(lab, a, b, tunnel, controls, highest * share, kinds)), None)
        lab.check(held is not None, f"nothing was lost at {100 * (held or 0):.0f} % of the highest "
                  "rate")
        lab.check(tunnel.is_up() and a.ping(tunnel.b.address).loss == 0, "one SA of each is left")
        lab.check(tunnel.stop() == [0, 0], "both ended well")


main()
