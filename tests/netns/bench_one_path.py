# SPDX-License-Identifier: Apache-2.0
"""What multipath costs where there is one path: one TCP flow with it on and with it off.

    a [yes0, no0] -- 192.0.2.1 ======== veth ======== 192.0.2.2 -- [yes0, no0] b

    bench_one_path.py [RUNS [SECONDS]]     CPU seconds per GB of both daemons, at most 2 % more
"""
import statistics
import sys

import lab_traffic
from lab import Lab
from lab_ike import IkeTunnel

MORE = 1.02


def measure(lab, tunnel, seconds):
    before = sum(end.cpu_seconds() for end in tunnel.ends)
    run = lab_traffic.iperf3(lab, tunnel.b.node, tunnel.a.node, tunnel.b.address, seconds)
    after = sum(end.cpu_seconds() for end in tunnel.ends)
    return run.bps / 1e9, (after - before) / (run.octets / 1e9)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with Lab(limit=60 + count * (2 * seconds + 10)) as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24")
        tunnels = {
            multipath: IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", name=f"{multipath}0",
                                 inner=f"10.8.{slot}", port=4500 + slot,
                                 interface={"multipath": multipath}).start().wait_until_up()
            for slot, multipath in enumerate(("yes", "no"))}
        costs = {multipath: [] for multipath in tunnels}
        lab.say("  run  multipath   Gbit/s   CPU s/GB")
        for number in range(count):
            # Turns about, so that neither has always the warmer machine.
            for multipath in list(tunnels)[::1 if number % 2 else -1]:
                gbps, cpu = measure(lab, tunnels[multipath], seconds)
                costs[multipath].append(cpu)
                lab.say(f"  {number + 1:3}  {multipath:9} {gbps:8.2f} {cpu:10.3f}")
        ratio = statistics.median(costs["yes"]) / statistics.median(costs["no"])
        lab.check(ratio <= MORE, f"CPU seconds per GB: {ratio:.3f} times those without multipath "
                  f"(at most {MORE}), medians of {count}")
        lab.check(all(code == 0 for tunnel in tunnels.values() for code in tunnel.stop()),
                  "all daemons end well")


main()
