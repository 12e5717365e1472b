# SPDX-License-Identifier: Apache-2.0
"""A gateway: masquerade, forwarding, hooks.

    client [hw0 10.8.0.1] -- 192.0.2.1 == 192.0.2.2 -- gateway [hw0 10.8.0.2] -- 203.0.113.1
                                                                        == 203.0.113.53 host

The host knows no way to 10.8.0.0/24: it answers only what comes from 203.0.113.1.
"""
import os
import signal

from lab import Lab
from lab_tunnel import Tunnel

HOST, HOST6 = "203.0.113.53", "2001:db8:53::53"


def snapshot(node):
    settings = node.run("sysctl -a --pattern ^net.ipv[46].*"
                        "(forward|accept_ra|redirects|valid_mark|rp_filter)").stdout
    settings = [line for line in settings.splitlines() if "hw0" not in line]
    return {"settings": settings, "nftables": node.run("nft list ruleset").stdout,
            "rules": node.ip("rule"), "devices": sorted(node.devices())}


def as_before(lab, node, before, when):
    lab.settle(lambda: snapshot(node) == before, 5)
    after = snapshot(node)
    for what, value in before.items():
        if not lab.check(after[what] == value, f"{when}: {what} as before"):
            lab.say(f"before: {value}\nafter:  {after[what]}")


def make_world(lab):
    client, gateway, host = lab.node("client"), lab.node("gateway"), lab.node("host")
    lab.veth(client, "192.0.2.1/24", gateway, "192.0.2.2/24", device_b="wan0")
    lab.veth(gateway, "203.0.113.1/24 2001:db8:53::1/64", host, f"{HOST}/24 {HOST6}/64",
             device_a="lan0", device_b="lan0")
    hooks = os.path.join(lab.directory, "hooks")
    tunnel = Tunnel(lab, client, "192.0.2.1", gateway, "192.0.2.2", interface_b={
        "nat": "yes", "nice": "5", "scheduler": "batch",
        "post-up": f"ip link show $HAWSER_INTERFACE >/dev/null && echo up >> {hooks}",
        "pre-down": f"ip link show $HAWSER_INTERFACE >/dev/null && echo down >> {hooks}"})
    tunnel.a.sections["peer.far"]["allowed-ips"] = ("10.8.0.0/24, fd00:8::/64, 203.0.113.0/24, "
                                                    "2001:db8:53::/64")
    tunnel.a.write_config(tunnel.a.sections)
    return client, gateway, host, tunnel, hooks


def lines(file):
    with open(file) as text:
        return text.read().split()


def masquerades(lab, client, host, when):
    capture = host.capture("lan0", "icmp or icmp6")
    # The first packets after a start may wait for neighbours and sequence numbers.
    lab.settle(lambda: client.ping(HOST, count=1, wait=1).received == 1, 5)
    for address in (HOST, HOST6):
        ping = client.ping(address, count=3)
        lab.check(ping.loss == 0, f"{when}: the client reaches {address}")
    capture.stop()
    sources = {source for source, in lab.tshark(capture.file, "ip.src",
                                                expression="icmp.type == 8")}
    lab.check(sources == {"203.0.113.1"}, f"{when}: the host sees the gateway: {sources}")
    sources = {source for source, in lab.tshark(capture.file, "ipv6.src",
                                                expression="icmpv6.type == 128")}
    lab.check(sources == {"2001:db8:53::1"}, f"{when}: the same in IPv6: {sources}")


def failing_hook(lab, gateway, daemon, before):
    sections = {name: dict(keys) for name, keys in daemon.sections.items()}
    sections["interface"]["post-up"] = "exit 3"
    daemon.write_config(sections)
    process = gateway.spawn("hawserd-fails", daemon_command(daemon))
    lab.check(process.wait(15) == 1, "a post-up that fails ends the start")
    lab.check("`exit 3` ended with 3" in process.text(), "the log says so")
    as_before(lab, gateway, before, "after a post-up that fails")
    sections["interface"].update({"post-up": "true", "pre-down": "exit 4"})
    daemon.write_config(sections)
    daemon.start()
    lab.check(daemon.stop() == 0, "a pre-down that fails does not keep the tunnel")
    lab.check("`exit 4` ended with 4" in daemon.process.text(), "the log says so")
    as_before(lab, gateway, before, "after a pre-down that fails")


def daemon_command(daemon):
    from lab import find_binary
    return [find_binary("hawserd"), "--config", daemon.config_file, "--runtime-dir",
            daemon.runtime_dir, "--state-dir", daemon.state_dir]


def main():
    with Lab() as lab:
        client, gateway, host, tunnel, hooks = make_world(lab)
        before = snapshot(gateway)
        tunnel.start()
        lab.check(lines(hooks) == ["up"], "post-up ran, with the device there")
        lab.check("hawser_hw0" in gateway.run("nft list tables").stdout, "its own nftables table")
        scheduling = gateway.run(f"chrt -p {tunnel.b.process.pid}").stdout
        nice = gateway.run(f"ps -o ni= -p {tunnel.b.process.pid}").stdout.strip()
        lab.check("SCHED_BATCH" in scheduling and nice == "5",
                  f"nice {nice}, {scheduling.splitlines()[0]}")
        masquerades(lab, client, host, "up")
        lab.check("forwarding is off" in tunnel.a.process.text(), "the client's log has the hint")
        lab.check("forwarding is off" not in tunnel.b.process.text(), "the gateway's has not")
        tunnel.b.command("down")
        lab.check(tunnel.b.process.wait(10) == 0, "down")
        lab.check(lines(hooks) == ["up", "down"], "pre-down ran, with the device there")
        as_before(lab, gateway, before, "after down")
        tunnel.b.start()
        tunnel.b.process.popen.send_signal(signal.SIGKILL)
        tunnel.b.process.popen.wait()
        lab.check("hawser_hw0" in gateway.run("nft list tables").stdout, "kill -9 leaves the table")
        tunnel.b.start()
        masquerades(lab, client, host, "after kill -9 and start")
        tunnel.b.command("down")
        tunnel.b.process.wait(10)
        as_before(lab, gateway, before, "after kill -9, start and down")
        failing_hook(lab, gateway, tunnel.b, before)
        for process in lab.processes:
            lab.check("Sanitizer" not in process.text(), f"no sanitizer spoke in {process.name}")


main()
