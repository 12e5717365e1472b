# SPDX-License-Identifier: Apache-2.0
"""Links that die, grow bad, join and come back, under voice of 50 datagrams a second both ways. The
world is that of lab_multipath.py, links of 20 ms and 50 Mbit/s.

    test_failover.py [--runs N] [SCENARIO...]     one run of each by default; figures are medians

A gap is the longest time between two arrivals less the 20 ms of the spacing.
"""
import statistics
import time

import lab_multipath as mp
from lab_voice import Call, now_ms

RTT_MS = mp.BASELINE_RTT_MS
SLOW = "rate 10M delay 20ms queue 100ms"
SILENT_GAP_MS = 100 + 2 * RTT_MS
CARRIER_GAP_MS = 30
# The other end is told by the other link, half a round trip later, and what it sends again takes as
# long: no sooner can anything come after the last packet that was through.
TOLD_GAP_MS = RTT_MS + 10
LEFT_MS = 500
WAYS = ("both", "a2b", "b2a")
WHO = ("from the client", "to the client")


def begin(lab, policy=None, sections=None, links=None):
    world = mp.Uplinks(lab, links or mp.BASELINE)
    config = {**(mp.with_policy(policy) if policy else {}), **(sections or {})}
    return world, mp.wait_for_paths(world.tunnel(config).start().wait_until_up(), 2)


def end(lab, world, tunnel):
    lab.check(tunnel.stop() == [0, 0], "both daemons end well")
    world.close()


def call_through(lab, policy, happen, seconds=5, after=None, prefer=None):
    """A call in a fresh world in which something happens at 2 s: (what each side heard, moment,
    which of the directions used the preferred link before). prefer: the link to be used first."""
    priority = {f"path.{prefer}": {"interface": f"wan-{prefer}", "priority": 10}} if prefer else {}
    world, tunnel = begin(lab, policy, priority)
    call = Call(lab, tunnel, seconds)
    call.wait(1)
    before = world.octets()
    moment = call.wait(2)
    now = world.octets()
    happen(world)
    if after:
        after(world, tunnel)
    heard = call.end()
    end(lab, world, tunnel)
    # 50 packets of over 200 octets; what is measured of an idle link is less.
    used = [now[prefer or "a"][way] - before[prefer or "a"][way] > 10_000 for way in (0, 1)]
    return heard, moment, used


def still_has_ike(lab):
    def check(_world, tunnel):
        before = tunnel.a.ike()["ike_rekeys"]
        tunnel.a.ask("rekey", "far", "ike")
        lab.settle(lambda: tunnel.a.ike()["ike_rekeys"] > before, 3)
        lab.check(tunnel.a.ike()["ike_rekeys"] > before, "IKE talks by the other link")
    return check


def judge(lab, what, values, limit, unit="ms"):
    middle = statistics.median(values)
    lab.check(middle <= limit, f"{what}: {middle:.0f} {unit} (at most {limit}), worst "
              f"{max(values):.0f} of {len(values)}")


def duplicate(lab, runs):
    """Voice on both links: either may fall silent, and nothing is lost."""
    for letter in "ab":
        for way in WAYS if runs > 1 else WAYS[:1]:
            lost = [[], []]
            for _ in range(runs):
                heard, _, _ = call_through(lab, "duplicate",
                                        lambda world: world.blackhole(letter, way))
                for side, voice in zip(lost, heard):
                    side.append(voice.lost())
            for who, side in zip(WHO, lost):
                judge(lab, f"link {letter} silent ({way}), lost {who}", side, 0, "packets")


def failover(lab, runs):
    """Voice on one link, which falls silent, the other way round too; IKE goes on."""
    hit = [0, 0]
    for letter in "ab":
        for way in WAYS if runs > 1 else WAYS[:1]:
            gaps = [[], []]
            for _ in range(runs):
                heard, moment, used = call_through(
                    lab, "failover", lambda world: world.blackhole(letter, way),
                    after=still_has_ike(lab), prefer=letter)
                lab.check(used[0], f"the client talks by link {letter}")
                for i, voice in enumerate(heard):
                    gaps[i].append(voice.gap_ms(moment))
                    hit[i] += used[i]
            for who, side in zip(WHO, gaps):
                judge(lab, f"link {letter} silent ({way}), gap {who}", side, SILENT_GAP_MS)
    lab.check(min(hit) > 0, f"both directions were hit: {hit}")


def carrier(lab, runs):
    """The cable of the link in use is pulled out, or its interface set down."""
    def pulled(world):
        world.links["a"].set("carrier off")

    def set_down(world):
        world.client.ip("link set wan-a down")
    for happen in (pulled, set_down):
        gaps = [[], []]
        for _ in range(runs):
            heard, moment, used = call_through(lab, "failover", happen, prefer="a")
            lab.check(used[0], "the client talks by it")
            for side, voice in zip(gaps, heard):
                side.append(voice.gap_ms(moment))
        for who, side, limit in zip(WHO, gaps, (CARRIER_GAP_MS, TOLD_GAP_MS)):
            judge(lab, f"{happen.__name__}, gap {who}", side, limit)


def brownout(lab, runs):
    """The link in use loses a fifth, or takes five times as long: it is left."""
    for settings in ("loss 20%", "delay 100ms"):
        for way in ("both",) if runs == 1 else WAYS:
            bad, before = [], []
            for _ in range(runs):
                heard, moment, _ = call_through(
                    lab, "failover", lambda world: world.links["a"].set(f"{way} {settings}"),
                    seconds=7, prefer="a")
                for voice in heard:
                    left = moment + LEFT_MS
                    bad.append(voice.lost(left) + sum(
                        delay > RTT_MS for delay in voice.delays_ms(left)))
                    before.append(voice.lost(moment, left) + sum(
                        delay > RTT_MS for delay in voice.delays_ms(moment, left)))
            lab.check(sum(before) > 0, f"{settings} ({way}) hits: {before}")
            judge(lab, f"{settings} ({way}), packets hit later than {LEFT_MS} ms after it", bad, 0,
                  "packets")


def third_link(lab, _runs):
    """A link that appears carries its part within a second, and keeps it."""
    world, tunnel = begin(lab, links=[SLOW] * 2)
    bulk = mp.start_bulk(lab, world.client, world.server, tunnel.b.address, 8, 0)
    time.sleep(3)
    world.add_link(SLOW)
    joined = time.monotonic()
    lab.settle(lambda: world.octets()["c"][0] > 50_000, 3)
    took = time.monotonic() - joined
    lab.check(took <= 1, f"traffic on the new link {took:.2f} s after it was up (at most 1)")
    time.sleep(1)
    before = world.octets()
    time.sleep(1)
    mbps = (world.octets()["c"][0] - before["c"][0]) * 8 / 1e6
    lab.check(mbps > 6, f"{mbps:.1f} Mbit/s of its 10")
    bulk()
    end(lab, world, tunnel)


def all_dead(lab, runs):
    """Every link dead for a while (a minute with --runs): the first one back brings the tunnel."""
    for first in "ab":
        world, tunnel = begin(lab)
        spis = tunnel.a.ike_spis()
        for letter in "ab":
            world.blackhole(letter)
        time.sleep(60 if runs > 1 else 8)
        lab.check(world.client.ping(tunnel.b.address, count=1, wait=1).received == 0, "all dead")
        world.blackhole(first, on=False)
        back = now_ms()
        lab.settle(lambda: world.client.ping(tunnel.b.address, count=1, wait=0.2).received, 10)
        took = now_ms() - back
        lab.check(took <= 1000, f"link {first} back: answers after {took:.0f} ms (at most 1000)")
        lab.check(tunnel.a.ike_spis() == spis, f"with the same IKE SA: {spis}")
        end(lab, world, tunnel)


def comes_back(lab, _runs):
    """A link that returns is used again, and a flapping one does not disturb the voice."""
    world, tunnel = begin(lab, "failover", {"path.a": {"interface": "wan-a", "priority": 10}})
    call = Call(lab, tunnel, 18)
    # The kernel says such things once a second at most.
    for second in (2, 5, 8):
        call.wait(second)
        world.links["a"].set("carrier off")
        time.sleep(1.2)
        world.links["a"].set("carrier on")
    moment = call.wait(11)
    heard = call.end()
    for who, voice in zip(WHO, heard):
        flapping = voice.lost(until=moment)
        lab.check(flapping <= 12, f"{flapping} lost {who} while it flapped three times")
        lost, gap = voice.lost(moment), voice.gap_ms(moment)
        lab.check(lost == 0 and gap < 30, f"calm again {who}: {lost} lost, gap {gap:.0f} ms")
    mp.wait_for_paths(tunnel, 2, 60)
    end(lab, world, tunnel)


SCENARIOS = {test.__name__: test for test in
             (duplicate, failover, carrier, brownout, third_link, all_dead, comes_back)}


mp.run_scenarios(__doc__, SCENARIOS, 200)
