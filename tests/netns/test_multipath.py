# SPDX-License-Identifier: Apache-2.0
"""A tunnel over two links: both are found and used, in order and without queues; policies and the
command decide; nothing is left behind. The world is that of lab_multipath.py.

    test_multipath.py [SCENARIO...]     all by default
"""
import sys
import time

import lab_multipath as mp
import lab_traffic
from lab import Lab
from lab_noise import check_figure
from lab_voice import Call

# Slow enough for a build with sanitizers.
LINKS = ["rate 20M delay 20ms queue 100ms"] * 2
RTT_MS = 40
UP = 0


def begin(lab, sections=None, links=None, count=2):
    world = mp.Uplinks(lab, links or LINKS)
    tunnel = world.tunnel(sections).start().wait_until_up()
    if count > 1:
        mp.wait_for_paths(tunnel, count)
    return world, tunnel


def end(lab, world, tunnel):
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()


def share(world, before, letter="a"):
    """Of what the client's links carried since then."""
    grown = {name: octets[UP] - before[name][UP] for name, octets in world.octets().items()}
    return grown[letter] / max(1, sum(grown.values()))


def flow(lab, world, tunnel, seconds=4, warm_up=3):
    """One TCP flow from the client: its report, link a's share, and pings in ms meanwhile."""
    bulk = mp.start_bulk(lab, world.client, world.server, tunnel.b.address, seconds, warm_up,
                         options=f"--order-device {tunnel.name}")
    time.sleep(warm_up)
    before = world.octets()
    ping = mp.start_ping(world.client, tunnel.b.address, seconds - 1)
    report = bulk()
    return report, share(world, before), ping()[0]


def aggregate(lab):
    """One flow over both links: nearly their sum, in order, and pings do not wait behind it."""
    world, tunnel = begin(lab)
    report, part, pings = flow(lab, world, tunnel)
    rate, order = report["goodput_bps"] / 1e6, report["order"]
    lab.check(rate > 34, f"{rate:.1f} Mbit/s over two links of 20")
    lab.check(0.3 < part < 0.7, f"the first link carried {100 * part:.0f} %")
    lab.check(order["packets"] > 5000 and order["missed"] == 0 and
              order["reordered_ratio"] <= 0.001,
              f"{order['reordered']} of {order['packets']} packets reordered inside")
    bond = mp.bond(tunnel.b)
    arrived, delivered = (bond[where]["reordered_ratio"] for where in ("arrived", "delivered"))
    lab.check(delivered <= 0.001,
              f"{100 * arrived:.2f} % reordered on arrival, {100 * delivered:.3f} % on delivery")
    p95 = mp.percentile(pings, 0.95)
    lab.check(p95 <= RTT_MS + 25, f"ping meanwhile: 95th percentile {p95:.1f} ms")
    end(lab, world, tunnel)


def disorder(lab):
    """A path alone that does not keep order is put in order, once that was seen."""
    world, tunnel = begin(lab, links=[f"{LINKS[0]} ecmp 35ms:50%"], count=1)
    flow(lab, world, tunnel, 2, 1)
    time.sleep(1)  # for its last packets, which would be seen in the next one
    report, _, _ = flow(lab, world, tunnel)
    order = report["order"]
    arrived = mp.bond(tunnel.b)["arrived"]["reordered_ratio"]
    lab.check(arrived > 0.1 and order["packets"] > 3000 and order["reordered_ratio"] <= 0.001,
              f"{100 * arrived:.0f} % of the packets were overtaken on the path, "
              f"{order['reordered']} of {order['packets']} inside")
    end(lab, world, tunnel)


def shows(lab):
    """What `hawser paths` says is what there is."""
    world, tunnel = begin(lab, links=["rate 20M delay 20ms queue 100ms",
                                      "rate 20M delay 50ms queue 100ms"])
    flow(lab, world, tunnel, 2, 2)
    found = {path["interface"]: path for path in mp.paths(tunnel.a)}
    lab.require(set(found) == {"wan-a", "wan-b"}, f"paths over {sorted(found)}")
    for name, rtt_ms in (("wan-a", 40), ("wan-b", 100)):
        path = found[name]
        measured = path["sending"]["rtt_min_ms"]
        lab.check(path["reason"] and rtt_ms <= measured < rtt_ms + 10,
                  f"{name} is {path['state']}: {path['reason']}; {measured} ms there and back")
    why = tunnel.a.command("paths", "--why").stdout
    lab.check(all(word in why for word in ("wan-a", "wan-b", *mp.CLASSES)),
              f"--why has a sentence of each path for each class:\n{why}")
    end(lab, world, tunnel)


def voice_twice(lab):
    """Voice goes by both links, so that what one of them loses does not matter."""
    world, tunnel = begin(lab, links=[f"{LINKS[0]} loss 5%"] * 2)
    before = world.octets()
    call = Call(lab, tunnel, 8)
    heard = call.end()
    for who, voice in zip(("server", "client"), heard):
        lab.check(voice.lost() <= 5 and voice.report["duplicated"] == 0,
                  f"the {who} lost {voice.lost()} of {voice.report['sent']} over links that lose "
                  f"5 % each, and heard {voice.report['duplicated']} twice")
    part = share(world, before)
    lab.check(0.4 < part < 0.6, f"the first link carried {100 * part:.0f} %")
    end(lab, world, tunnel)


def voice_alone(lab):
    """While voice has one link, parity makes up for most of what that loses."""
    world, tunnel = begin(lab, links=[f"{LINKS[0]} loss 2%", LINKS[1]])
    world.blackhole("b")
    lab.wait_for(lambda: all(mp.usable(end) == 1 for end in tunnel.ends), 10, "one link is left")
    call = Call(lab, tunnel, 20)
    for who, voice in zip(("server", "client"), call.end()):
        lab.check(voice.lost() <= 8 and voice.report["duplicated"] == 0,
                  f"the {who} lost {voice.lost()} of {voice.report['sent']} over a link that loses "
                  "20 of them")
    for end_of in tunnel.ends:
        bond = mp.bond(end_of)
        sent, made = (bond[f"parity_{what}_packets"] for what in ("sent", "recovered"))
        lab.check(100 < sent < 500 and made > 3,
                  f"{end_of.node.name}: {sent} parity packets sent, {made} packets made again")
    end(lab, world, tunnel)


def policies(lab):
    """A policy holds for its class, and changes while the tunnel runs."""
    world, tunnel = begin(lab, mp.with_policy("failover", "bulk"))
    report, part, _ = flow(lab, world, tunnel, 3, 2)
    lab.check(part > 0.95 or part < 0.05, f"failover: the first link carried {100 * part:.0f} %")
    lab.check(report["goodput_bps"] > 16e6, f"{report['goodput_bps'] / 1e6:.1f} Mbit/s by one link")
    for policy, least in (("round-robin", 0.3), ("aggregate", 0.3)):
        for each in tunnel.ends:
            mp.change_config(each, mp.with_policy(policy, "bulk"))
            each.command("reload")
        report, part, _ = flow(lab, world, tunnel, 3, 2)
        lab.check(least < part < 1 - least,
                  f"{policy}: {report['goodput_bps'] / 1e6:.1f} Mbit/s, the first link carried "
                  f"{100 * part:.0f} %")
    end(lab, world, tunnel)


def carries_alone(lab, world, tunnel, disabled):
    report, part, _ = flow(lab, world, tunnel, 2, 2)
    lab.check(part < 0.05 if disabled == "a" else part > 0.95,
              f"without wan-{disabled} the first link carried {100 * part:.0f} %")
    mbps = report["goodput_bps"] / 1e6
    return mbps > 15, f"without wan-{disabled}: {mbps:.1f} Mbit/s"


def command(lab):
    """Paths are disabled, enabled and preferred by the command."""
    world, tunnel = begin(lab)
    for letter in "ab":
        mp.path_command(tunnel.a, "disable", f"wan-{letter}")
        check_figure(lab, lambda: carries_alone(lab, world, tunnel, letter))
        mp.path_command(tunnel.a, "enable", f"wan-{letter}")
        mp.wait_for_paths(tunnel, 2)
    mp.path_command(tunnel.a, "prefer", "wan-b")
    before = world.octets()
    world.client.ping(tunnel.b.address, count=50, interval=0.02, size=1000)
    part = share(world, before)
    lab.check(part < 0.2, f"wan-b preferred: the first link carried {100 * part:.0f} % of pings")
    end(lab, world, tunnel)


def routing(node):
    return {what: node.ip(what) for what in ("rule", "route show table all", "-6 rule")}


def leaves_nothing(lab):
    """Whatever a path needs of routes and rules goes with the daemon."""
    world = mp.Uplinks(lab, LINKS)
    # No way to the server but the one that the config names.
    world.client.ip("route del default via 10.2.0.1 dev wan-b metric 102")
    before = routing(world.client)
    tunnel = world.tunnel(client_only={"path.second": {"interface": "wan-b",
                                                       "gateway": "10.2.0.1"}})
    mp.wait_for_paths(tunnel.start().wait_until_up(), 2)
    _, part, _ = flow(lab, world, tunnel, 3, 2)
    lab.check(0.3 < part < 0.7, f"with the gateway of its own: {100 * part:.0f} % by the first")
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    lab.check(routing(world.client) == before, "routes and rules are those of before")
    tunnel.start().wait_until_up()
    tunnel.a.process.popen.kill()
    tunnel.a.process.popen.wait()
    tunnel.a.start().stop()
    lab.check(routing(world.client) == before, "after kill -9 and another start, too")
    end(lab, world, tunnel)


def off(lab):
    """`multipath = no`: one link, whatever there is, and nobody restores an order."""
    world, tunnel = begin(lab, {"interface": {"multipath": "no"}}, count=1,
                          links=[f"{LINKS[0]} reorder 1%:5ms-50ms"] * 2)
    report, part, _ = flow(lab, world, tunnel, 2, 2)
    lab.check(part > 0.99 and report["goodput_bps"] > 5e6,
              f"{report['goodput_bps'] / 1e6:.1f} Mbit/s, the first link carried "
              f"{100 * part:.0f} %")
    ratio = report["order"]["reordered_ratio"]
    lab.check(0.003 < ratio < 0.03, f"{100 * ratio:.2f} % of packets reordered by the link")
    end(lab, world, tunnel)


SCENARIOS = {test.__name__: test for test in
             (aggregate, disorder, shows, voice_twice, voice_alone, policies, command,
              leaves_nothing, off)}


def main():
    names = sys.argv[1:] or list(SCENARIOS)
    with Lab(limit=60 * len(names)) as lab:
        for name in names:
            lab.say(f"{name}: {SCENARIOS[name].__doc__.splitlines()[0]}")
            SCENARIOS[name](lab)


main()
