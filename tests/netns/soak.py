# SPDX-License-Identifier: Apache-2.0
"""Two daemons at full rate for long: their memory does not grow. Not a part of the test suite.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b

TCP both ways and datagrams of all sizes for the whole time, status read each second. Meant for a
build with AddressSanitizer, whose quarantine of freed memory is kept small, so that a leak shows.

    HAWSER_BUILD_DIR=build/dev python3 tests/netns/soak.py [SECONDS]     1200 by default
"""
import os
import re
import statistics
import sys
import time

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel

WARM_UP = 60      # seconds in which memory may grow
WINDOW = 30       # seconds over which it is averaged
MAY_GROW_KIB = 512
FLOWS = 4


def resident_kib(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def watch(lab, tunnel, seconds):
    """Samples once a second; returns [(seconds, KiB of a, KiB of b)]."""
    begin, samples = time.monotonic(), []
    while (now := time.monotonic() - begin) < seconds:
        for end in tunnel.ends:
            end.status()
        samples.append((now, *(resident_kib(end) for end in tunnel.ends)))
        if len(samples) % 30 == 1:
            lab.say(f"  {now:5.0f} s: {samples[-1][1]} and {samples[-1][2]} KiB")
        time.sleep(1)
    return samples


def check_memory(lab, samples, seconds):
    for i, name in ((1, "a"), (2, "b")):
        early = [sample[i] for sample in samples if WARM_UP <= sample[0] < WARM_UP + WINDOW]
        late = [sample[i] for sample in samples if sample[0] >= seconds - WINDOW]
        growth = statistics.median(late) - statistics.median(early)
        lab.check(growth <= MAY_GROW_KIB,
                  f"{name} grew by {growth:.0f} KiB from {statistics.median(early):.0f} KiB "
                  f"between {WARM_UP} s and {seconds} s")


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    if seconds < WARM_UP + 2 * WINDOW:
        sys.exit(f"soak.py: at least {WARM_UP + 2 * WINDOW} seconds")
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
    with Lab(limit=seconds + 120) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
        tunnel = Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2").start(limit=seconds + 120)
        tcp = lab_traffic.start_iperf3(lab, b, a, tunnel.b.address, seconds, FLOWS, "--bidir -i 30")
        stream = lab_traffic.start_dgram(lab, "stream", a, b, tunnel.b.address, size=2000, flows=8,
                                         rate_pps=2000, seconds=seconds - 1)
        samples = watch(lab, tunnel, seconds - 2)
        report, result = stream(), tcp()
        lab.say(f"  TCP {result.bps / 1e6:.0f} and {result.reverse_bps / 1e6:.0f} Mbit/s, "
                f"{report['received']} datagrams")
        lab.check(report["corrupted"] == 0 and result.bps > 0 and result.reverse_bps > 0,
                  "traffic to the end, nothing damaged")
        check_memory(lab, samples, seconds - 2)
        for end in tunnel.ends:
            lab.check(end.stop() == 0, f"{end.node.name} ends well")
            said = re.findall(r".*(?:Sanitizer|runtime error).*", end.process.text())
            lab.check(not said, f"no sanitizer spoke on {end.node.name}: {said}")


main()
