# SPDX-License-Identifier: Apache-2.0
"""A client with several uplinks and a server with one address or two: the world of the multipath
tests and of bench/multipath.py.

    client [wan-a 10.1.0.2] ==linkem== 10.1.0.1 [net] 203.0.113.1 ------ 203.0.113.2 [wan] server
           [wan-b 10.2.0.2] ==linkem== 10.2.0.1       198.51.100.1 ----- 198.51.100.2 [wan2]
           [wan-c ...]                                                   (if asked for)

    world = Uplinks(lab, ["rate 50M delay 20ms", "rate 50M delay 20ms"])
    tunnel = world.tunnel({"class.bulk": {"policy": "aggregate"}}).start().wait_until_up()
    world.links["a"].set("both blackhole on")
"""
import argparse
import glob
import json
import re
import shlex
import shutil
import string
import subprocess

import lab_traffic
from lab import Lab, LabError, find_binary
from lab_ike import IkeTunnel

SERVER, SERVER_2 = "203.0.113.2", "198.51.100.2"
BASELINE = ["rate 50M delay 20ms queue 100ms"] * 2
BASELINE_RTT_MS = 40
POLICIES = ("duplicate", "lowest-latency", "aggregate", "balance", "round-robin", "failover")
CLASSES = ("real-time", "interactive", "bulk")


class Uplinks:
    """links: the settings of each, for both directions (tools/link_config.h)."""

    def __init__(self, lab, links, seed=1, server_addresses=1, buffers=None):
        self.lab, self.links, self.seed, self.nat, self.restricted = lab, {}, seed, {}, False
        self.client, self.net, self.server = (lab.node(n) for n in ("client", "net", "server"))
        for node in (self.client, self.net, self.server):
            node.run("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0")
            if buffers:
                node.run(["sysctl", "-qw", f"net.ipv4.tcp_rmem=4096 131072 {buffers}",
                          f"net.ipv4.tcp_wmem=4096 65536 {buffers}"])
        self.net.run("sysctl -qw net.ipv4.ip_forward=1")
        for number, (near, far) in enumerate((("203.0.113.1", SERVER),
                                              ("198.51.100.1", SERVER_2))[:server_addresses]):
            device = "wan" if number == 0 else "wan2"
            lab.veth(self.net, f"{near}/24", self.server, f"{far}/24", f"to-{device}", device)
            # Each address answers by its own way out, as those of two providers have to.
            self.server.ip(f"route add default via {near} dev {device} metric {number + 100}")
            if number > 0:
                self.server.ip(f"route add default via {near} dev {device} table {number + 100}")
                self.server.ip(f"rule add from {far} table {number + 100}")
        for settings in links:
            self.add_link(settings)

    def add_link(self, settings):
        """The next link, up and with a route; returns its letter."""
        number = len(self.links) + 1
        letter = string.ascii_lowercase[number - 1]
        self.links[letter] = self.lab.link(
            self.client, f"10.{number}.0.2/24", self.net, f"10.{number}.0.1/24",
            f"both {settings}", f"wan-{letter}", f"link-{letter}", seed=16 * self.seed + number)
        self.add_route(letter)
        return letter

    def number(self, letter):
        return string.ascii_lowercase.index(letter) + 1

    def add_route(self, letter):
        number = self.number(letter)
        self.client.ip(f"route replace default via 10.{number}.0.1 dev wan-{letter} "
                       f"metric {100 + number}")

    def only(self, letter):
        """Takes down all links but one."""
        for other in self.links:
            if other != letter:
                self.client.ip(f"link set wan-{other} down")

    def blackhole(self, letter, way="both", on=True):
        """way: both, a2b (from the client) or b2a (to it)."""
        self.links[letter].set(f"{way} blackhole {'on' if on else 'off'}")

    def octets(self):
        """What each link delivered until now: {letter: (from the client, to the client)}."""
        stats = {letter: link.stats() for letter, link in self.links.items()}
        return {letter: (s["a2b"]["out_octets"], s["b2a"]["out_octets"])
                for letter, s in stats.items()}

    def move(self, letter, old, new):
        """Another address for the client's link, whose route is lost for that moment."""
        number, device = self.number(letter), f"wan-{letter}"
        self.batch(self.client, f"addr del {old}/24 dev {device}",
                   f"addr add {new}/24 dev {device}",
                   f"route replace default via 10.{number}.0.1 dev {device} metric {100 + number}")

    @staticmethod
    def batch(node, *commands):
        """Several commands of ip at nearly the same moment."""
        done = subprocess.run([*node.prefix, "ip", "-batch", "-"], input="\n".join(commands) + "\n",
                              text=True, capture_output=True, timeout=10)
        if done.returncode != 0:
            raise LabError(f"ip -batch: {done.stderr}")

    def prepare_nat(self, *addresses, restricted=False):
        """Makes these public addresses of net. restricted: lets only those in that were spoken to
        before."""
        self.restricted = restricted
        for address in addresses:
            self.net.ip(f"addr add {address}/32 dev to-wan")
        # What the server's kernel left to its device would have checksums of another address.
        self.server.run("ethtool -K wan tx off gso off tso off tx-udp-segmentation off",
                        check=False)

    def translate(self, letter, address, port):
        """From now on the tunnel's packets over this link come from this address and port of net;
        what still goes to those of before is lost. Without memory, so that the moment is exact."""
        self.nat[letter] = (address, port)
        there = "\n".join(f"ip saddr 10.{self.number(link)}.0.2 udp sport 4500 "
                          f"udp sport set {port} ip saddr set {address}"
                          for link, (address, port) in self.nat.items())
        note, known = "", ""
        if self.restricted:
            note = "udp sport 4500 update @spoken_to { ip daddr }\n"
            known = "ip saddr @spoken_to "
        back = "\n".join(f"{known}ip daddr {address} udp dport {port} "
                         f"udp dport set 4500 ip daddr set 10.{self.number(link)}.0.2"
                         for link, (address, port) in self.nat.items())
        rules = (f"table ip rebind\ndelete table ip rebind\ntable ip rebind {{\n"
                 "set spoken_to { type ipv4_addr; flags dynamic,timeout; timeout 60s; }\n"
                 f"chain there {{ type filter hook postrouting priority 0;\n{note}{there}\n}}\n"
                 f"chain back {{ type filter hook prerouting priority -150;\n{back}\n}}\n}}\n")
        done = subprocess.run([*self.net.prefix, "nft", "-f", "-"], input=rules, text=True,
                              capture_output=True, timeout=10)
        if done.returncode != 0:
            raise LabError(f"nft: {done.stderr}")

    def tunnel(self, sections=None, server_address=SERVER, client_only=None):
        """Two Hawsers; the client is end a. sections: more of the config of both ends,
        client_only: of the client's."""
        tunnel = IkeTunnel(self.lab, self.client, "192.0.2.1", self.server, server_address)
        # The server hears where the client is.
        del tunnel.b.sections["peer.far"]["endpoint"]
        for end, more in ((tunnel.a, client_only), (tunnel.b, None)):
            change_config(end, {**(sections or {}), **(more or {})})
        return tunnel

    def close(self):
        """Ends what runs in it; the names of its nodes are free again."""
        for process in reversed(self.lab.processes):
            process.stop(3)
            for stream in (process._err, process.popen.stdin, process.popen.stdout):
                if stream:
                    stream.close()
        for node in (self.client, self.net, self.server):
            # State and keys of daemons that are no more.
            for left in glob.glob(f"{self.lab.directory}/{node.name}-hw*/"):
                shutil.rmtree(left)
            self.lab.run_here(["ip", "netns", "del", node.name])
            del self.lab.nodes[node.name]


def change_config(end, sections):
    """Adds keys to an end's config and writes it."""
    for section, keys in sections.items():
        end.sections.setdefault(section, {}).update(keys)
    end.write_config(end.sections)


def with_policy(policy, *classes):
    """Config sections that give these classes (all of them by default) this policy."""
    return {f"class.{name}": {"policy": policy} for name in classes or CLASSES}


def knows_multipath(lab):
    """Whether the daemon of this build has [interface] multipath."""
    file = f"{lab.directory}/knows.conf"
    with open(file, "w") as out:
        out.write("[interface]\nmultipath = no\n")
    done = subprocess.run([find_binary("hawser"), "check", file], capture_output=True, text=True,
                          timeout=10)
    return not re.search(r"multipath", done.stdout + done.stderr)


def bond(end):
    """What `hawser paths` says of the only peer of an end."""
    return json.loads(end.command("--json", "paths").stdout)["peers"][0]


def paths(end):
    return bond(end)["paths"]


def usable(end):
    """How many paths of an end carry data, or would if others did not."""
    return sum(path["state"] in ("active", "standby") for path in paths(end))


def wait_for_paths(tunnel, count, limit=10):
    """Until both ends have so many usable paths."""
    tunnel.lab.wait_for(lambda: all(usable(end) >= count for end in tunnel.ends), limit,
                        f"{count} usable paths at both ends")
    return tunnel


def path_command(end, action, path):
    """hawser path ACTION: disable, enable, prefer."""
    return end.node.run([find_binary("hawser"), "--runtime-dir", end.runtime_dir, "path", action,
                         end.name, path])


def start_bulk(lab, sender, sink, address, seconds=30, warm_up=5, flows=1, options=""):
    """hawser-bulk in the background: call the returned function for its report."""
    process = lab.spawn_anywhere("bulk", [
        find_binary("hawser-bulk"), "--to", lab_traffic.host_port(address, 5201),
        "--send-netns", sender.path, "--sink-netns", sink.path, "--seconds", str(seconds),
        "--warm-up", str(warm_up), "--flows", str(flows), *shlex.split(options)],
        limit=seconds + warm_up + 60)
    return lambda: lab_traffic.parse_json(process.finish(seconds + warm_up + 30), "hawser-bulk")


def start_ping(node, address, seconds, interval=0.05):
    """Pings for a while in the background; the function returns the sorted times in ms, and the
    share that was lost."""
    count = int(seconds / interval)
    process = node.spawn("ping", f"ping -n -c {count} -i {interval} -W 3 {address}",
                         limit=seconds + 20)

    def result():
        process.wait(seconds + 15)
        times = sorted(float(t) for t in re.findall(r"time=([\d.]+) ms", process.text()))
        return times, 1 - len(times) / count
    return result


def percentile(values, share):
    """Of sorted values; not a number if there are none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def run_scenarios(about, scenarios, seconds):
    """The main program of a test: each scenario that is named, or all; `seconds` for each run."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("scenarios", nargs="*", choices=[*scenarios, []])
    options = parser.parse_args()
    names = options.scenarios or list(scenarios)
    with Lab(limit=seconds * len(names) * options.runs) as lab:
        for name in names:
            lab.say(f"{name}: {scenarios[name].__doc__}")
            scenarios[name](lab, options.runs)
