# SPDX-License-Identifier: Apache-2.0
"""The demo: two sites, a wire between them, and a tunnel through it. Run it by scripts/demo.

    site a [hw0 10.8.0.1] -- 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] site b
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "netns"))

import lab_traffic  # noqa: E402
from lab import Lab  # noqa: E402
from lab_ike import IkeTunnel  # noqa: E402

VOICE_SECONDS = 20
TCP_SECONDS = 5


def title(lab, text):
    lab.say(f"\n{text}")


def show(lab, text):
    for line in text.rstrip().splitlines():
        lab.say(f"    {line}")


def make_sites(lab):
    title(lab, "1. Two sites, each a network namespace, and an ordinary network cable between them")
    a, b = lab.node("a"), lab.node("b")
    lab.veth(a, "192.0.2.1/24", b, "192.0.2.2/24", device_a="wan0", device_b="wan0")
    lab.say("  Site a is 192.0.2.1, site b is 192.0.2.2.")
    return a, b


def make_tunnel(lab, a, b):
    title(lab, "2. A tunnel: keys from `hawser keygen`, a config of a dozen lines, `hawserd`")
    tunnel = IkeTunnel(lab, a, "192.0.2.1", b, "192.0.2.2", inner6="fd00:8::").start()
    tunnel.wait_until_up()
    with open(tunnel.a.config_file) as config:
        show(lab, config.read().replace(tunnel.a.directory + "/", ""))
    return tunnel


def ping(lab, a, tunnel):
    title(lab, "3. Ping through the tunnel, IPv4 and IPv6 inside")
    for address in (tunnel.b.address, tunnel.b.address6):
        result = a.ping(address, count=10, interval=0.2)
        lab.check(result.loss == 0, f"{address}: {result.received} of {result.sent} answered, "
                                    f"{result.avg_ms:.2f} ms on average")


def transfer(lab, a, b, tunnel):
    title(lab, f"4. A file transfer: one TCP flow, {TCP_SECONDS} s in each direction (iperf3)")
    for name, options in (("a to b", ""), ("b to a", "--reverse")):
        run = lab_traffic.iperf3(lab, b, a, tunnel.b.address, TCP_SECONDS, options=options)
        lab.check(run.bps > 20e6, f"{name}: {run.bps / 1e6:.0f} Mbit/s, "
                                  f"{run.octets / 1e6:.0f} MB, {run.retransmits} retransmits")


def call(lab, a, b, tunnel):
    title(lab, f"5. A phone call: signalled by sipp, {VOICE_SECONDS} s of voice both ways")
    end_call = lab_traffic.start_sipp_call(lab, a, tunnel.a.address, b, tunnel.b.address,
                                           VOICE_SECONDS + 3)
    lab.say("  INVITE, 200 OK, ACK: the call is up; talking ...")
    reports = lab_traffic.start_rtp(lab, a, tunnel.a.address, b, tunnel.b.address, VOICE_SECONDS)()
    lab.check(end_call(), "BYE: the call ended as it should")
    for node, report in zip((a, b), reports):
        heard = report["calls"][0]
        lab.check(heard["lost"] == 0 and heard["received"] >= 50 * VOICE_SECONDS,
                  f"site {node.name} heard {heard['received']} of {heard['sent']} packets, "
                  f"{heard['lost']} lost; MOS {heard['mos']:.2f} (4.41 is the best there is)")


def look_at_the_wire(lab, a, b, tunnel):
    title(lab, "6. What the wire between the sites shows")
    capture = a.capture("wan0")
    a.ping(tunnel.b.address, count=5, interval=0.1)
    end_call = lab_traffic.start_sipp_call(lab, a, tunnel.a.address, b, tunnel.b.address, 1)
    end_call()
    capture.stop()
    frames = lab.run_here(["tshark", "-n", "-r", capture.file, "-T", "fields", "-E",
                           "separator= ", "-e", "frame.number", "-e", "ip.src", "-e", "udp.dstport",
                           "-e", "frame.protocols", "-e", "esp.spi", "-e", "esp.sequence"])
    # Asking who has an address is not the tunnel's: it belongs to the cable.
    lines = [line for line in frames.splitlines() if ":arp" not in line and ":icmpv6" not in line]
    esp = [line for line in lines if ":udp:udpencap:esp" in line]
    show(lab, "\n".join(["frame from port protocols SPI number"] + esp[:4] + ["..."]))
    lab.check(len(esp) >= 10 and esp == lines,
              f"{len(esp)} packets of a ping and a call, all of them ESP in UDP; "
              f"anything else: {len(lines) - len(esp)}")


def status(lab, tunnel):
    title(lab, "7. `hawser status` at site a")
    show(lab, tunnel.a.command("status").stdout)


def main():
    # Beyond this limit something hangs; it takes about a minute.
    with Lab(limit=170) as lab:
        a, b = make_sites(lab)
        tunnel = make_tunnel(lab, a, b)
        ping(lab, a, tunnel)
        transfer(lab, a, b, tunnel)
        call(lab, a, b, tunnel)
        look_at_the_wire(lab, a, b, tunnel)
        status(lab, tunnel)
        title(lab, "8. The end: both daemons stop and take their interfaces with them")
        lab.check(tunnel.stop() == [0, 0], "both ended well")
        lab.check("hw0" not in a.devices() | b.devices(), "no interface is left")


main()
