# SPDX-License-Identifier: Apache-2.0
"""The configurations of docs/interop.md, copied as they stand, make the tunnels that it promises.

    client 192.0.2.2 ==== 203.0.113.1 gateway [10.1.0.1]
"""
import os
import re
import shutil

from lab import HERE, Lab, find_binary
from lab_tunnel import Daemon
from strongswan import Charon, require_strongswan
from strongswan_world import keep_etc

PAGE = os.path.join(HERE, "..", "..", "docs", "interop.md")
FILE = re.compile(r"`(/\S+)` on the (client|gateway)(, mode 0600)?:$")
COMMANDS = re.compile(r"On the (client|gateway), .*:$")
COPY = re.compile(r"Copy `(\S+)` to `(\S+)`\.$")
LINE_OR_BLOCK = re.compile(r"```\w*\n(?P<block>.*?)```$|(?P<line>[^\n]+)$",
                           re.DOTALL | re.MULTILINE)


def recipes():
    """{heading: [("file", name, host, mode, text) or ("run", host, text) or ("copy", a, b)]}."""
    with open(PAGE) as page:
        sections = re.split(r"^## (.*)\n", page.read(), flags=re.MULTILINE)[1:]
    return {heading: list(steps(text)) for heading, text in zip(sections[::2], sections[1::2])}


def steps(text):
    last = ""
    for found in LINE_OR_BLOCK.finditer(text):
        if (block := found["block"]) is None:
            last = found["line"]
            if copied := COPY.match(last):
                yield ("copy", *copied.groups())
        elif file := FILE.match(last):
            yield ("file", file[1], file[2], 0o600 if file[3] else 0o644, block)
        elif commands := COMMANDS.match(last):
            yield ("run", commands[1], block)


def follow(lab, nodes, recipe):
    for folder in ("hawser", "swanctl/conf.d", "swanctl/private", "swanctl/pubkey"):
        shutil.rmtree(f"/etc/{folder}", ignore_errors=True)
        os.makedirs(f"/etc/{folder}")
    path = f"PATH={os.path.dirname(find_binary('hawser'))}:{os.environ['PATH']}"
    for step in recipe:
        if step[0] == "file":
            with open(os.open(step[1], os.O_WRONLY | os.O_CREAT, step[3]), "w") as file:
                file.write(step[4])
        elif step[0] == "run":
            nodes[step[1]].run(["env", path, "sh", "-ec", step[2]])
        else:
            shutil.copy(step[1], step[2])


def host_of(recipe, file):
    return next(step[2] for step in recipe if step[0] == "file" and step[1] == file)


def try_recipe(lab, nodes, number, heading, recipe):
    lab.say(f"== {heading}")
    follow(lab, nodes, recipe)
    with open("/etc/swanctl/conf.d/hawser.conf") as conf:
        swanctl_conf = conf.read()
    hosts = {name: nodes[host_of(recipe, file)] for name, file in (
        ("hawser", "/etc/hawser/hw0.conf"), ("charon", "/etc/swanctl/conf.d/hawser.conf"))}
    daemon = Daemon(lab, hosts["hawser"], "hw0", os.path.join(lab.directory, f"{number}-hawser"))
    daemon.config_file = "/etc/hawser/hw0.conf"
    charon = Charon(lab, hosts["charon"], os.path.join(lab.directory, f"{number}-charon"), {},
                    swanctl_dir="/etc/swanctl")
    starts = [daemon.start, lambda: charon.start(swanctl_conf)]
    # The gateway first: the client does not wait for its next attempt then.
    for start in starts if hosts["hawser"] is nodes["gateway"] else starts[::-1]:
        start()
    lab.settle(lambda: "INSTALLED" in charon.sas(), 20)
    ping = nodes["client"].ping("10.1.0.1", count=3)
    if not lab.check(ping.received == 3, f"{ping.received} of {ping.sent} pings answered"):
        lab.say(charon.log()[-2000:] + daemon.process.text()[-2000:])
    lab.check(daemon.stop() == 0, "the daemon ends well")
    charon.process.stop()


def main():
    with Lab() as lab:
        require_strongswan()
        keep_etc(lab)
        nodes = {"client": lab.node("client"), "gateway": lab.node("gateway")}
        lab.veth(nodes["client"], "192.0.2.2/24", nodes["gateway"], "203.0.113.1/24",
                 device_a="wan0", device_b="wan0")
        nodes["client"].ip("route add 203.0.113.0/24 dev wan0")
        nodes["gateway"].ip("route add 192.0.2.0/24 dev wan0")
        nodes["gateway"].ip("addr add 10.1.0.1/24 dev lo")
        found = recipes()
        lab.check(len(found) == 4, f"{len(found)} configurations on the page")
        for number, (heading, recipe) in enumerate(found.items()):
            try_recipe(lab, nodes, number, heading, recipe)


main()
