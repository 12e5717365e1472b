# SPDX-License-Identifier: Apache-2.0
"""Everything through the tunnel, over the interface that the endpoint is reached by, too.

    client [hw0 10.8.0.1] -- 192.0.2.1 == 192.0.2.9 router 198.51.100.9 == 198.51.100.2 -- server
                                                                 [hw0 10.8.0.2, lo 203.0.113.53]

The client's only default route is the router, which knows no way to 203.0.113.53.
"""
import json
import os
import signal

from lab import Lab
from lab_tunnel import Tunnel

BEYOND, BEYOND6 = "203.0.113.53", "2001:db8:53::53"
SETTINGS = ("net.ipv4.conf.all.src_valid_mark", "net.ipv4.ip_forward",
            "net.ipv6.conf.all.forwarding")
ANSWERING = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("203.0.113.53", 53))
print("ready", flush=True)
while True:
    text, peer = server.recvfrom(2000)
    server.sendto(text[::-1], peer)
"""
ASKING = """
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(3)
client.sendto(b"where is it?", ("203.0.113.53", 53))
print(client.recvfrom(2000)[0].decode())
"""


def snapshot(node):
    values = node.run(["sysctl", *SETTINGS]).stdout
    return {"rules": node.ip("rule"), "rules6": node.ip("-6 rule"),
            "routes": node.ip("-4 route show table all"),
            "routes6": node.ip("-6 route show table all"), "settings": values,
            "nftables": node.run("nft list ruleset").stdout, "devices": sorted(node.devices())}


def as_before(lab, node, before, when):
    lab.settle(lambda: snapshot(node) == before, 5)
    after = snapshot(node)
    for what, value in before.items():
        if not lab.check(after[what] == value, f"{when}: {what} as before"):
            lab.say(f"before: {value}\nafter:  {after[what]}")


def make_world(lab):
    client, router, server = lab.node("client"), lab.node("router"), lab.node("server")
    lab.veth(client, "192.0.2.1/24 2001:db8:2::1/64", router, "192.0.2.9/24 2001:db8:2::9/64",
             device_a="wan0")
    lab.veth(router, "198.51.100.9/24", server, "198.51.100.2/24", device_b="wan0")
    router.run("sysctl -qw net.ipv4.ip_forward=1")
    client.ip("route add default via 192.0.2.9")
    client.ip("-6 route add default via 2001:db8:2::9")
    server.ip("route add default via 198.51.100.9")
    server.ip(f"addr add {BEYOND}/32 dev lo")
    server.ip(f"-6 addr add {BEYOND6}/128 dev lo nodad")
    # The strictest there is: an answer must come from where we would send to.
    client.run("sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.wan0.rp_filter=1")
    tunnel = Tunnel(lab, client, "192.0.2.1", server, "198.51.100.2")
    tunnel.a.sections["peer.far"]["allowed-ips"] = "0.0.0.0/0, ::/0"
    tunnel.a.write_config(tunnel.a.sections)
    return client, server, tunnel


def waits_for_name(lab, client, daemon, before):
    """The endpoint is a name that nobody knows yet; hosts and resolv.conf are the lab's own."""
    hosts = os.path.join(lab.directory, "hosts")
    for file, original in ((hosts, "/etc/hosts"), (hosts + ".none", "/etc/resolv.conf")):
        with open(file, "w"):
            lab.run_here(["mount", "--bind", file, original])
    sections = {name: dict(keys) for name, keys in daemon.sections.items()}
    sections["peer.far"]["endpoint"] = "vpn.lab:4500"
    daemon.write_config(sections)
    daemon.start()
    lab.settle(lambda: daemon.status()["peers"][0]["endpoint_problem"], 5)
    peer = daemon.status()["peers"][0]
    lab.check(peer["endpoint"] is None and peer["endpoint_problem"] and
              peer["endpoint_name"] == "vpn.lab:4500", f"an unknown name is no failure: {peer}")
    lab.check(client.ip("rule") == before["rules"], "packets go the old way until it is known")
    with open(hosts, "w") as text:
        text.write("198.51.100.2 vpn.lab\n")
    lab.settle(lambda: daemon.status()["peers"][0]["endpoint"], 10)
    peer = daemon.status()["peers"][0]
    lab.check(peer["endpoint"] == "198.51.100.2:4500" and peer["endpoint_problem"] is None,
              "the name is found when it is there")
    lab.check(client.ping(BEYOND, count=3).received > 0, "and the tunnel carries")
    daemon.command("reload")
    lab.check(daemon.status()["peers"][0]["endpoint"] == "198.51.100.2:4500" and
              client.ping(BEYOND, count=1).received == 1, "a reload keeps the address")
    daemon.stop()
    as_before(lab, client, before, "after a tunnel to a name")
    daemon.write_config(daemon.sections)


def carries(lab, client, server, daemon, when):
    lab.check(client.ping("192.0.2.9", count=2).loss == 0, f"{when}: what is near stays reachable")
    lab.check(client.ping("198.51.100.2", count=3).received > 0,
              f"{when}: the endpoint answers, through the tunnel, which it does not go through")
    for address in (BEYOND, BEYOND6):
        lab.check(client.ping(address, count=3).loss == 0, f"{when}: {address} answers")
    answer = client.run(["/usr/bin/python3", "-c", ASKING], check=False).stdout
    lab.check(answer.strip() == "?ti si erehw", f"{when}: a question to port 53 is answered")
    status = daemon.status()
    lab.check(status["interface"]["mark"] == 4500 and len(status["interface"]["rules"]) == 4,
              f"{when}: status names mark and rules: {status['interface']}")


def no_loop(lab, client):
    capture = client.capture("wan0", "udp port 4500")
    client.ping(BEYOND, count=5, interval=0.1, size=100)
    capture.stop()
    sizes = [int(size) for size, in lab.tshark(capture.file, "udp.length")]
    lab.check(10 <= len(sizes) <= 20 and max(sizes) < 250,
              f"on the wire: {len(sizes)} packets for 5 pings, the largest {max(sizes)} octets")


def killed(lab, client, daemon, before):
    daemon.process.popen.send_signal(signal.SIGKILL)
    daemon.process.popen.wait()
    lab.check(snapshot(client)["rules"] != before["rules"], "kill -9: the rules are still there")
    file = os.path.join(daemon.runtime_dir, "hw0.routes")
    with open(file) as text:
        lab.check(len(json.load(text)["rules"]) == 4, "kill -9: the file names them")
    # Another number than the old one would show that the old one was not taken back.
    daemon.start()
    lab.check(daemon.status()["interface"]["mark"] == 4500, "restart: the same numbers")
    lab.check("removed what an earlier run left: 4 rules" in daemon.process.text(),
              "restart: the log says what was left")


def reload_takes_it_back(lab, client, daemon):
    rules = client.ip("rule")
    sections = {name: dict(keys) for name, keys in daemon.sections.items()}
    sections["peer.far"]["allowed-ips"] = "10.8.0.0/24, 203.0.113.0/24"
    daemon.write_config(sections)
    daemon.command("reload")
    lab.check("4500" not in client.ip("rule") and
              BEYOND[:-2] in client.ip("route"), "reload without default route: rules are gone")
    daemon.write_config(daemon.sections)
    daemon.command("reload")
    lab.check(client.ip("rule") == rules, "reload with default route: rules are back")


def table_by_number(lab, client, daemon, before):
    sections = {name: dict(keys) for name, keys in daemon.sections.items()}
    sections["interface"]["table"] = "777"
    daemon.write_config(sections)
    daemon.start()
    now = snapshot(client)
    lab.check(now["rules"] == before["rules"] and now["rules6"] == before["rules6"],
              "table = 777: no rules")
    lab.check("default dev hw0 table 777" in now["routes"] and
              "default dev hw0 table 777" in now["routes6"], "table = 777: routes are there")
    daemon.stop()
    as_before(lab, client, before, "after table = 777")


def main():
    with Lab() as lab:
        client, server, tunnel = make_world(lab)
        before = snapshot(client)
        answering = server.spawn("dns", ["/usr/bin/python3", "-c", ANSWERING])
        lab.wait_for(lambda: "ready" in answering.text(), 10, "a server on port 53")
        tunnel.b.start()
        waits_for_name(lab, client, tunnel.a, before)
        tunnel.a.start()
        lab.settle(lambda: client.ping(BEYOND, count=1, wait=1).received == 1, 5)
        carries(lab, client, server, tunnel.a, "up")
        lab.check("leads into the tunnel" not in tunnel.a.process.text(), "no warning of a loop")
        no_loop(lab, client)
        lab.check(snapshot(client)["settings"] != before["settings"],
                  "a strict rp_filter is told to look at marks")
        reload_takes_it_back(lab, client, tunnel.a)
        tunnel.a.command("down")
        lab.check(tunnel.a.process.wait(10) == 0, "down")
        as_before(lab, client, before, "after down")
        tunnel.a.start()
        killed(lab, client, tunnel.a, before)
        lab.check(client.ping(BEYOND, count=2).received > 0, "restart: it carries again")
        tunnel.a.command("down")
        tunnel.a.process.wait(10)
        as_before(lab, client, before, "after kill -9, start and down")
        table_by_number(lab, client, tunnel.a, before)
        for process in lab.processes:
            lab.check("Sanitizer" not in process.text(), f"no sanitizer spoke in {process.name}")


main()
