# SPDX-License-Identifier: Apache-2.0
"""The emulator keeps its promises on real devices, and a killed test leaves nothing behind.

    a [to-b] ==== hawser-linkem ==== [to-a] b
"""
import os
import signal
import subprocess
import sys
import time

import lab_traffic
from lab import INSIDE, Lab
from lab_multipath import start_bulk
from lab_noise import check_figure


def kill_minus_nine():
    """Outside: starts this script as a victim, kills it, and looks for what is left."""
    victim = subprocess.Popen([sys.executable, __file__, "--victim"], stdout=subprocess.PIPE,
                              text=True, start_new_session=True)
    line = victim.stdout.readline()
    if not line.startswith("up "):
        print(line + victim.stdout.read())
        return victim.wait() == 77
    inside = line.split()[1]
    children = descendants(victim.pid)
    print(f"victim {victim.pid} with {len(children)} processes, namespace {inside}")
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    end = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in children) and time.monotonic() < end:
        time.sleep(0.05)
    left = [pid for pid in children if os.path.exists(f"/proc/{pid}")]
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, timeout=10)
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, timeout=10)
    ok = len(children) >= 3 and not left and "victim-a" not in names.stdout
    ok = ok and "to-victim" not in links.stdout
    print(f"  {'ok  ' if ok else 'FAIL'} after kill -9: processes left {left}")
    return ok


def descendants(pid):
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parents[int(entry)] = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        children = [child for child, of in parents.items() if of == parent]
        found += children
        queue += children
    return found


def victim():
    with Lab() as lab:
        a, b = lab.node("victim-a"), lab.node("victim-b")
        lab.link(a, "10.0.0.1/24", b, "10.0.0.2/24")
        a.spawn("sleep", "sleep 100")
        print("up", os.readlink("/proc/self/ns/net"), flush=True)
        time.sleep(100)


def round_trip(node, address):
    rtt = node.ping(address, count=100, interval=0.01)
    return (rtt.loss == 0 and rtt.min_ms > 40 and rtt.median_ms < 41,
            f"RTT of 40 ms to {address}: median {rtt.median_ms:.2f} ms, min {rtt.min_ms:.2f}, "
            f"max {rtt.max_ms:.2f}")


def rate_is(lab, a, b, rate):
    result = lab_traffic.dgram(lab, "flood", a, b, "10.0.0.2", size=1458, rate_bps=rate * 1.3e6,
                               seconds=3)
    # 1458 octets of payload are a frame of 1500.
    measured = result["received_pps"] * 1500 * 8 / 1e6
    return abs(measured / rate - 1) < 0.03, f"rate of {rate} Mbit/s: {measured:.2f}"


def jitter_is_three(node):
    rtt = node.ping("10.0.0.2", count=300, interval=0.01)
    return (rtt.loss == 0 and 55 < rtt.avg_ms < 65 and 2 < rtt.mdev_ms < 7,
            f"jitter 3 ms each way: RTT {rtt.avg_ms:.1f} ms, deviation {rtt.mdev_ms:.1f} ms")


def bulk(lab, a, b, options):
    report = start_bulk(lab, a, b, "10.0.0.2", 2, 1, options=options)()
    mbps = report["goodput_bps"] / 1e6
    # 1448 octets of each frame of 1514; a hole that is filled delivers what came before.
    return 17.5 < mbps < 20.5, f"hawser-bulk {options}: {mbps:.2f} Mbit/s of 20 on the wire"


def accuracy(lab):
    a, b = lab.node("a"), lab.node("b")
    link = lab.link(a, "10.0.0.1/24 fd00::1/64", b, "10.0.0.2/24 fd00::2/64")

    link.set("both clear delay 20ms")
    for address in ("10.0.0.2", "fd00::2"):
        check_figure(lab, lambda: round_trip(a, address))

    for rate in (2, 50, 300):
        link.set(f"both clear rate {rate}M delay 5ms queue 50ms")
        check_figure(lab, lambda: rate_is(lab, a, b, rate))

    link.set("both clear loss 2%")
    before = link.stats()["a2b"]
    result = lab_traffic.dgram(lab, "flood", a, b, "10.0.0.2", size=100, rate_pps=10_000, seconds=5)
    stats = link.stats()["a2b"]
    lost = stats["lost_random"] - before["lost_random"]
    # 4 sigma of 50,000 draws: 0.25 %.
    lab.check(abs(result["loss"] - 0.02) < 0.0025 and lost == result["sent"] - result["received"],
              f"loss of 2 %: {100 * result['loss']:.2f} % of {result['sent']}, by its own count "
              f"{lost}")
    lab.check(result["reordered"] == 0 and result["duplicated"] == 0, "order kept, nothing twice")

    link.set("both clear delay 30ms jitter 3ms")
    check_figure(lab, lambda: jitter_is_three(a))

    link.set("both clear; a2b udp-block on")
    lab.check(a.ping("10.0.0.2", count=3).loss == 0, "ping passes where UDP is blocked")
    result = lab_traffic.dgram(lab, "flood", a, b, "10.0.0.2", size=100, rate_pps=100, seconds=0.5)
    lab.check(result["received"] == 0, "UDP does not")
    link.set("both clear; b2a blackhole on")
    lab.check(a.ping("10.0.0.2", count=3, wait=0.5).received == 0, "a blackhole is silent")
    link.set("both clear; carrier off")
    ends = ((a, "to-b"), (b, "to-a"))
    lab.check(all("NO-CARRIER" in node.ip(f"link show {device}") for node, device in ends),
              "without a cable both devices say so")
    link.set("carrier on")
    lab.settle(lambda: a.ping("10.0.0.2", count=1, wait=0.2).received, 3)
    lab.check(a.ping("10.0.0.2", count=3).loss == 0, "and it can be put in again")

    link.set("both clear rate 20M delay 5ms queue 50ms")
    for options in ("", "--mptcp"):
        check_figure(lab, lambda: bulk(lab, a, b, options))


def main():
    if "--victim" in sys.argv:
        return victim()
    if INSIDE not in os.environ and not kill_minus_nine():
        sys.exit(1)
    with Lab() as lab:
        accuracy(lab)


main()
