# SPDX-License-Identifier: Apache-2.0
"""Two daemons at full rate for long: their memory does not grow. Not a part of the test suite.

    a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b

TCP both ways and datagrams of all sizes for the whole time, status read each second. Meant for a
build with AddressSanitizer, whose quarantine of freed memory is kept small. What is allocated at a
time is asked through gdb and must not grow: there a leak of octets shows. The resident memory may
grow a little, since the sanitizer's allocator reuses freed places at random.

    HAWSER_BUILD_DIR=build/dev python3 tests/netns/soak.py [SECONDS]     1200 by default
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel

WARM_UP = 60      # seconds in which memory may grow
WINDOW = 30       # seconds over which it is averaged
MAY_GROW_KIB = {"resident": 1024, "allocated": 64}
FLOWS = 4


def resident_kib(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def allocated_kib(daemon):
    """What the daemon holds on its heap now, by its sanitizer; None if that cannot be asked."""
    if not shutil.which("gdb"):
        return None
    told = subprocess.run(
        ["gdb", "-nx", "-batch", "-p", str(daemon.process.pid), "-ex",
         "print (unsigned long)__sanitizer_get_current_allocated_bytes()"],
        capture_output=True, text=True, timeout=60, check=False).stdout
    octets = re.search(r"^\$1 = (\d+)", told, re.MULTILINE)
    return int(octets[1]) // 1024 if octets else None


def watch(lab, tunnel, seconds):
    """Samples once a second, the heap every 10 s of the windows that are compared; for resident
    and allocated memory [(seconds, KiB of a, KiB of b)]."""
    begin, asked, samples = time.monotonic(), 0.0, {"resident": [], "allocated": []}
    while (now := time.monotonic() - begin) < seconds:
        for end in tunnel.ends:
            end.status()
        samples["resident"].append((now, *(resident_kib(end) for end in tunnel.ends)))
        # A daemon that is asked stands still for a moment: what that fills shall be full before the
        # first window.
        if now >= asked + (10 if now < WARM_UP + WINDOW or is_late(now, seconds) else 60):
            asked = now
            held = [allocated_kib(end) for end in tunnel.ends]
            if None not in held:
                samples["allocated"].append((now, *held))
            lab.say(f"  {now:5.0f} s: {samples['resident'][-1][1:]} KiB resident, "
                    f"{tuple(held)} KiB allocated")
        time.sleep(1)
    return samples


def is_early(now):
    return WARM_UP <= now < WARM_UP + WINDOW


def is_late(now, seconds):
    return now >= seconds - WINDOW


def check_memory(lab, samples, seconds):
    if not samples["allocated"]:
        lab.say("  SKIPPED: what is allocated; it takes gdb and a build with AddressSanitizer")
        del samples["allocated"]
    for kind, values in samples.items():
        for i, name in ((1, "a"), (2, "b")):
            early = statistics.median(value[i] for value in values if is_early(value[0]))
            late = statistics.median(value[i] for value in values if is_late(value[0], seconds))
            lab.check(late - early <= MAY_GROW_KIB[kind],
                      f"{name}: {kind} memory grew by {late - early:.0f} KiB from {early:.0f} KiB "
                      f"between {WARM_UP} s and {seconds} s, {MAY_GROW_KIB[kind]} are allowed")


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
