# SPDX-License-Identifier: Apache-2.0
"""The configuration in README.md, copied as it stands, makes the tunnel that README.md promises.

    a [10.1.0.1] -- hw0 10.8.0.1 == 192.0.2.1 ==== 198.51.100.1 == hw0 10.8.0.2 -- [10.2.0.1] b
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))

from lab import Lab, find_binary  # noqa: E402


def read_configs():
    """Of site a as it stands, of site b with what the comments say."""
    with open(os.path.join(HERE, "..", "..", "README.md")) as readme:
        block = re.search(r"```\n(\[interface\]\n.*?)```", readme.read(), re.DOTALL)[1]
    return block, re.sub(r"(?m)^(\S+ = ).*# B: (.*)$", r"\1\2", block)


def make_keys(lab):
    """By the commands as they stand, with the directory and the program of the test; public keys
    by the site's name."""
    with open(os.path.join(HERE, "..", "..", "README.md")) as readme:
        commands = re.search(r"```\n(mkdir -p /etc/hawser .*?)```", readme.read(), re.DOTALL)[1]
    public = {}
    for site in "AB":
        directory = os.path.join(lab.directory, site.lower())
        script = commands.replace("/etc/hawser", directory)
        script = script.replace("hawser ", find_binary("hawser") + " ")
        public[site] = lab.run_here(["sh", "-e", "-c", script]).strip()
    return public


def main():
    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.veth(a, "192.0.2.1/24", b, "198.51.100.1/24", device_a="wan0", device_b="wan0")
        a.ip("route add 198.51.100.0/24 dev wan0")
        b.ip("route add 192.0.2.0/24 dev wan0")
        a.ip("addr add 10.1.0.1/16 dev lo")
        b.ip("addr add 10.2.0.1/16 dev lo")
        sites, public = [], make_keys(lab)
        for node, config in zip((a, b), read_configs()):
            directory = os.path.join(lab.directory, node.name)
            file = os.path.join(directory, "hw0.conf")
            with open(file, "w") as out:
                for name, key in public.items():
                    config = config.replace(f"PUBLIC-KEY-OF-{name}", key)
                out.write(config)
            command = [find_binary("hawser"), "--runtime-dir", directory]
            state = ["--state-dir", os.path.join(directory, "state")]
            sites.append((node, command, state, file))
        for node, command, state, file in sites:
            node.run([command[0], "check", file])
            node.run([*command, *state, "up", file])
        lab.settle(lambda: a.ping("10.8.0.2", count=1, wait=1).received == 1, 10)
        lab.check(a.ping("10.8.0.2").loss == 0, "the other end of the tunnel answers")
        lab.check(a.ping("10.2.0.1", extra="-I 10.1.0.1").loss == 0,
                  "the network behind it answers the network here")
        for node, command, _, _ in sites:
            status = node.run([*command, "status", "hw0"]).stdout
            lab.check("other" in status, f"{node.name}: status names the peer")
            node.run([*command, "down", "hw0"])
            lab.check("hw0" not in node.devices(), f"{node.name}: down leaves no interface")


main()
