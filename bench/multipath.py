#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What several links together are worth: goodput, inner delay and order over emulated links.

    sudo bench/multipath.py PROFILE... [--contenders A,B...] [--runs N] [--csv FILE]
    sudo bench/multipath.py all; bench/plot_multipath.py multipath.csv

Profiles are those of bench/multipath_profiles.py. Contenders, all with TCP cubic inside:

    tcp-a, tcp-b         raw TCP over one link alone (a is the first)
    mptcp                MPTCP of the kernel over both
    hawser-a, hawser-b   through a tunnel over one link alone, `multipath = no`
    hawser-a-on, -b-on   the same with multipath on
    hawser-POLICY        through a tunnel over all links, class bulk with that policy

Each result is a line of the CSV; what is in it already is not measured again. The emulator, the
daemons and the traffic share this machine: look at the column `idle`, its share that did nothing;
daemon_cpu and emulator_cpu are in cores, of all daemons and of the emulator with its devices.
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests" / "netns"), str(ROOT / "bench")]

import lab_multipath as mp  # noqa: E402
from lab import Lab, LabError  # noqa: E402
from multipath_profiles import PROFILES  # noqa: E402

COLUMNS = ["time", "commit", "profile", "contender", "flows", "direction", "seconds", "config",
           "run", "goodput_bps", "ping_p50_ms", "ping_p95_ms", "ping_loss", "reordered_ratio",
           "reordered_arrived", "reorder_extent", "order_missed", "longest_stall_ms",
           "retransmits", "share_a", "queue_drops", "daemon_cpu", "emulator_cpu", "idle"]
KEY = COLUMNS[2:9]
DEFAULT = "tcp-a,tcp-b,mptcp,hawser-a,hawser-b,hawser-aggregate"
EVERY = DEFAULT + ",hawser-a-on,hawser-b-on," + ",".join(
    f"hawser-{policy}" for policy in mp.POLICIES if policy != "aggregate")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", nargs="+", metavar="PROFILE", choices=["all", *PROFILES])
    parser.add_argument("--contenders", default=DEFAULT, help=f"default: {DEFAULT}; or: every")
    parser.add_argument("--runs", type=int, help="default: 3, of lossy profiles 5")
    parser.add_argument("--seconds", type=int, default=30, help="that are measured")
    parser.add_argument("--warm-up", type=int, help="seconds before them")
    parser.add_argument("--flows", type=int, default=1)
    parser.add_argument("--direction", choices=["up", "down"], default="up",
                        help="up: from the client, which has the links")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE",
                        help="more of the config of hawser-POLICY and -on")
    parser.add_argument("--csv", default="multipath.csv", type=pathlib.Path)
    options = parser.parse_args()
    if "all" in options.profiles:
        options.profiles = list(PROFILES)
    options.contenders = (EVERY if options.contenders == "every" else options.contenders).split(",")
    unknown = set(options.contenders) - set(EVERY.split(","))
    if unknown:
        parser.error(f"no contender {', '.join(unknown)}; there are {EVERY}")
    return options


def plan(options):
    """The measurements, in an order that puts what is compared close together."""
    for name in options.profiles:
        profile = PROFILES[name]
        for run in range(1, (options.runs or profile.runs) + 1):
            for contender in options.contenders:
                if len(profile.links) > 1 or only_link(contender) != "b":
                    yield {"profile": name, "contender": contender, "flows": str(options.flows),
                           "direction": options.direction, "seconds": str(options.seconds),
                           "config": " ".join(options.set), "run": str(run)}


def only_link(contender):
    """The letter of the link that it has alone; nothing if it has all."""
    words = contender.split("-")
    return words[1] if len(words) > 1 and words[1] in ("a", "b") else None


def read_done(file):
    if not file.exists():
        return set()
    with open(file, newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != COLUMNS:
            sys.exit(f"multipath.py: {file} has other columns; name another file with --csv")
        return {tuple(row[column] for column in KEY) for row in reader}


def append(file, row):
    new = not file.exists()
    with open(file, "a", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def config_of(contender, extra):
    """What the contender has in its config; None without a tunnel."""
    if not contender.startswith("hawser"):
        return None
    if contender in ("hawser-a", "hawser-b"):
        return {"interface": {"multipath": "no"}}
    policy = contender.removeprefix("hawser-")
    sections = mp.with_policy(policy, "bulk") if policy in mp.POLICIES else {}
    for setting in extra:
        where, _, value = setting.partition("=")
        section, _, key = where.rpartition(".")
        sections.setdefault(section, {})[key] = value
    return sections


def prepare_mptcp(world):
    for node in (world.client, world.server):
        node.ip("mptcp limits set subflow 8 add_addr_accepted 8")
    for letter in list(world.links)[1:]:
        world.client.ip(f"mptcp endpoint add 10.{world.number(letter)}.0.2 dev wan-{letter} "
                        "subflow")


def idle_seconds():
    with open("/proc/stat") as stat:
        fields = stat.readline().split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


class Traffic:
    """One flow or several for warm-up and measurement, pings during the second."""

    def __init__(self, lab, world, tunnel, contender, options, warm_up):
        self.world, self.tunnel, self.seconds = world, tunnel, options.seconds
        self.has_bond = contender.startswith("hawser") and len(contender) > len("hawser-a")
        self.way = 0 if options.direction == "up" else 1
        target = tunnel.b.address if tunnel else mp.SERVER
        ends = [(world.client, "10.1.0.2"), (world.server, target)]
        if contender.endswith("-b"):
            ends[0] = (world.client, "10.2.0.2")
        if tunnel:
            ends[0] = (world.client, tunnel.a.address)
        (sender, _), (sink, address) = ends if options.direction == "up" else ends[::-1]
        more = "--mptcp" if contender == "mptcp" else ""
        if tunnel:
            more = f"--order-device {tunnel.name}"
        bulk = mp.start_bulk(lab, sender, sink, address, options.seconds, warm_up, options.flows,
                             more)
        time.sleep(warm_up)
        self.before = self.counters()
        ping = mp.start_ping(world.client, target, options.seconds - 1)
        time.sleep(options.seconds - 0.5)
        self.after = self.counters()
        self.report = bulk()
        self.times, self.ping_loss = ping()

    def counters(self):
        daemons = self.tunnel.ends if self.tunnel else ()
        arrived = {"reordered_packets": 0, "packets": 0}
        if self.has_bond:
            arrived = mp.bond(self.tunnel.b if self.way == 0 else self.tunnel.a)["arrived"]
        emulators = [link.process for link in self.world.links.values()]
        return {"octets": self.world.octets(), "idle": idle_seconds(), "at": time.monotonic(),
                "arrived": arrived["packets"], "arrived_late": arrived["reordered_packets"],
                "daemons": sum(daemon.cpu_seconds() for daemon in daemons),
                "emulators": sum(process.cpu_seconds() for process in emulators)}

    def row(self):
        def grown(key):
            return self.after[key] - self.before[key]

        def cores(key):
            return grown(key) / grown("at")
        carried = {letter: self.after["octets"][letter][self.way] -
                   self.before["octets"][letter][self.way] for letter in self.world.links}
        drops = sum(link.stats()[way]["dropped_queue"] for link in self.world.links.values()
                    for way in ("a2b", "b2a"))
        order = self.report.get("order", {})
        return {
            "goodput_bps": round(self.report["goodput_bps"]),
            "ping_p50_ms": f"{mp.percentile(self.times, 0.5):.1f}",
            "ping_p95_ms": f"{mp.percentile(self.times, 0.95):.1f}",
            "ping_loss": f"{self.ping_loss:.4f}",
            "reordered_ratio": f"{order['reordered_ratio']:.6f}" if order else "",
            "reordered_arrived": f"{grown('arrived_late') / max(1, grown('arrived')):.6f}"
            if self.has_bond else "",
            "reorder_extent": order.get("extent_max", ""),
            "order_missed": order.get("missed", ""),
            "longest_stall_ms": round(self.report["longest_stall_ms"]),
            "retransmits": self.report["retransmits"],
            "share_a": f"{carried['a'] / max(1, sum(carried.values())):.3f}",
            "queue_drops": drops, "daemon_cpu": f"{cores('daemons'):.2f}",
            "emulator_cpu": f"{cores('emulators'):.2f}",
            "idle": f"{cores('idle') / os.cpu_count():.2f}"}


def measure(lab, job, options, multipath):
    profile, contender = PROFILES[job["profile"]], job["contender"]
    world = mp.Uplinks(lab, profile.links, seed=int(job["run"]), buffers=profile.buffers)
    try:
        if only_link(contender):
            world.only(only_link(contender))
        tunnel, sections = None, config_of(contender, options.set)
        if sections is not None:
            if not multipath and contender in ("hawser-a", "hawser-b"):
                sections = {}  # a daemon without multipath has no such key
            tunnel = world.tunnel(sections).start(limit=600).wait_until_up()
        if contender == "mptcp":
            prepare_mptcp(world)
        warm_up = profile.warm_up if options.warm_up is None else options.warm_up
        return Traffic(lab, world, tunnel, contender, options, warm_up).row()
    finally:
        world.close()


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, timeout=10)
    return done.stdout.strip()


def main():
    options = parse_arguments()
    done = read_done(options.csv)
    jobs = [job for job in plan(options) if tuple(job[column] for column in KEY) not in done]
    with Lab(limit=120 + len(jobs) * (options.seconds + 60)) as lab:
        multipath = mp.knows_multipath(lab)
        lab.say(f"{len(jobs)} to measure, {len(done)} in {options.csv}")
        for job in jobs:
            name = f"{job['profile']:13} {job['contender']:21} run {job['run']}"
            try:
                row = measure(lab, job, options, multipath)
            except LabError as error:
                lab.check(False, f"{name}: {error}")
                continue
            lab.say(f"  {name} {row['goodput_bps'] / 1e6:7.2f} Mbit/s, ping p50 "
                    f"{row['ping_p50_ms']} p95 {row['ping_p95_ms']} ms, reordered "
                    f"{row['reordered_ratio'] or '-'}, idle {row['idle']}")
            append(options.csv, {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "commit": commit(),
                                 **job, **row})


main()
