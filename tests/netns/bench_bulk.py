# SPDX-License-Identifier: Apache-2.0
"""What the offloads are worth: one TCP flow with all of them against one packet per system call.

    a [auto0, off0] -- 192.0.2.1 ======== veth ======== 192.0.2.2 -- [auto0, off0] b

    bench_bulk.py [RUNS [SECONDS]]
"""
import statistics
import sys

import lab_traffic
from lab import Lab
from lab_tunnel import Tunnel


def measure(lab, tunnel, seconds):
    before = tunnel.cpu_seconds()
    run = lab_traffic.iperf3(lab, tunnel.b.node, tunnel.a.node, tunnel.b.address, seconds)
    cpu = tunnel.cpu_seconds() - before
    return {"gbps": run.bps / 1e9, "cpu": cpu / (run.octets / 1e9), "retr": run.retransmits}


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
        tunnels = {
            offload: Tunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name=f"{offload}0", slot=slot,
                            port=4500 + slot, inner=f"10.{slot}.0", inner6=f"fd00:{slot}::",
                            interface={"offload": offload}).start()
            for slot, offload in enumerate(("auto", "off"), start=1)}
        runs = {offload: [] for offload in tunnels}
        lab.say("  run  offload   Gbit/s   CPU s/GB   retransmits")
        for number in range(1, count + 1):
            for offload, tunnel in tunnels.items():
                run = measure(lab, tunnel, seconds)
                runs[offload].append(run)
                lab.say(f"  {number:3}  {offload:7} {run['gbps']:8.2f} {run['cpu']:10.2f} "
                        f"{run['retr']:13}")
        for offload in tunnels:
            lab.say(f"  med  {offload:7} {median(runs[offload], 'gbps'):8.2f} "
                    f"{median(runs[offload], 'cpu'):10.2f} {median(runs[offload], 'retr'):13}")
        cpu_ratio = median(runs["off"], "cpu") / median(runs["auto"], "cpu")
        rate_ratio = median(runs["auto"], "gbps") / median(runs["off"], "gbps")
        segments = median(runs["auto"], "gbps") * 1e9 * seconds / 8 / 1400
        lab.check(cpu_ratio >= 3.5, f"CPU seconds per GB: {cpu_ratio:.2f} times fewer (3.5 asked)")
        lab.check(rate_ratio >= 2.5, f"rate: {rate_ratio:.2f} times (2.5 asked)")
        lab.check(median(runs["auto"], "retr") <= segments / 10_000,
                  f"retransmits with offloads: median {median(runs['auto'], 'retr')}, "
                  "at most one segment in 10,000")
        lab.check(all(code == 0 for tunnel in tunnels.values() for code in tunnel.stop()),
                  "all daemons end well")


main()
