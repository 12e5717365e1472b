# SPDX-License-Identifier: Apache-2.0
"""What is tried with strongSwan at the other end. A row of SCENARIOS is one scenario: its name, its
play, and what is special about the settings of the two ends and about the network. A play speaks
to the ends by what StrongSwanEnd and HawserEnd have in common, so strongSwan can play both roles,
which tests the scenario itself."""
import dataclasses
import re
from typing import Callable

import strongswan_halfopen
from lab_traffic import start_iperf3
from strongswan import StrongSwanEnd
from strongswan_settings import OUTER, POOL, Settings
from strongswan_world import World

ROUNDS = 3  # of a collision: either end's nonce can be the lower one


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    play: Callable
    both: dict = dataclasses.field(default_factory=dict)
    client: dict = dataclasses.field(default_factory=dict)
    gateway: dict = dataclasses.field(default_factory=dict)
    network: dict = dataclasses.field(default_factory=dict)
    quick: tuple = ("initiator", "responder")  # the casts that ctest runs

    def run(self, lab, keys, client_class, gateway_class, name, trace_directory=None):
        world, passed = World(lab, name, keys), False
        try:
            world.build(**self.network)
            world.start_ends(client_class(world, "cl", Settings(**{**self.both, **self.client})),
                             gateway_class(world, "gw", Settings(**{**self.both, **self.gateway})))
            self.play(world)
            passed = not lab.failed
        finally:
            world.close()
            if trace_directory or not passed:
                write_trace(world, trace_directory or lab.directory, name)


def write_trace(world, directory, name):
    charon = next(end.charon for end in (world.cl, world.gw) if isinstance(end, StrongSwanEnd))
    with open(f"{directory}/{name}.txt", "w") as trace:
        trace.write(world.dissect(charon) + "\n")


def come_up(world):
    world.lab.require(world.cl.initiate(), "the tunnel comes up")
    world.lab.settle(world.gw.is_up, 5)
    world.lab.check(world.gw.is_up(), "the gateway has it, too")
    if world.cl.settings.virtual_address:
        address = world.cl.inner_address()
        world.lab.check(address and address.startswith(POOL.rpartition(".")[0]),
                        f"the client has an address of the pool: {address}")


def is_gone(world, *ends):
    for end in ends:
        world.lab.settle(lambda end=end: not end.has_any_sa(), 5)
        world.lab.check(not end.has_any_sa(), f"{end.role} has no SA left")


def whole_life(world):
    """Up, traffic, each kind of rekeying by each end, deletion by the client."""
    come_up(world)
    world.passes("up")
    world.transfers()
    for what in ("child", "ike"):
        for end in (world.cl, world.gw):
            rekeyed_once(world, end, what)
    world.cl.terminate()
    is_gone(world, world.gw)


def rekeyed_once(world, end, what):
    counted = 0 if what == "child" else 1
    before = [e.rekeys()[counted] for e in (world.cl, world.gw)]
    end.rekey(what)
    world.lab.settle(lambda: all(e.rekeys()[counted] > n
                                 for e, n in zip((world.cl, world.gw), before)), 5)
    after = [e.rekeys()[counted] for e in (world.cl, world.gw)]
    world.lab.check(after == [n + 1 for n in before], f"{end.role} rekeys the {what} SA: "
                    f"{before} -> {after}")
    world.passes("afterwards")


def up_and_down(world):
    come_up(world)
    world.passes("up")
    world.cl.terminate()
    is_gone(world, world.gw)


def rekeys_once(world):
    come_up(world)
    world.passes("up")
    for what in ("child", "ike"):
        rekeyed_once(world, world.cl, what)


def gateway_deletes(world):
    come_up(world)
    world.passes("up")
    world.gw.terminate()
    world.lab.settle(lambda: not world.gw.has_any_sa(), 5)
    world.lab.check(world.cl.notices_delete(), "the client sees the delete")


def many_rekeys(world):
    """Lifetimes of a few seconds under load: 20 rekeyings of the child SA, 5 of the IKE SA."""
    come_up(world)
    who = world.cl if world.cl.settings.rekey_s < 100 else world.gw
    seconds = 24 * who.settings.rekey_s
    # No faster: a queue that overflows would be taken for a loss by rekeying.
    transfer = start_iperf3(world.lab, world.gateway, world.client, world.gw.inner_address(),
                            seconds, options="-b 50M")
    ping = world.ping(count=5 * seconds)
    result = transfer()
    children, ikes = world.gw.rekeys()
    world.lab.check(children >= 20, f"{children} rekeyings of the child SA in {seconds} s")
    world.lab.check(ikes >= 5, f"{ikes} rekeyings of the IKE SA")
    world.lab.check(ping.loss == 0, f"{ping.received} of {ping.sent} pings answered")
    slowest = min(i["sum"]["bits_per_second"] for i in result.report["intervals"])
    world.lab.check(slowest > 1e6, f"TCP never stands still: {result.bps / 1e6:.0f} Mbit/s, "
                    f"{slowest / 1e6:.0f} in the slowest second, {result.retransmits} segments "
                    "sent again")


def collide(what):
    """Both ends rekey within the time that a message takes."""
    def play(world):
        come_up(world)
        foreign = next(end for end in (world.cl, world.gw) if isinstance(end, StrongSwanEnd))
        seen = 0
        # On a busy machine the messages may miss each other.
        for number in range(1, 3 * ROUNDS + 1):
            for end in (world.cl, world.gw):
                end.rekey(what)
            world.lab.settle(lambda: False, 2)
            settled_down(world, f"collision {number}")
            seen = len(re.findall("detected .* collision", foreign.charon.log()))
            if seen >= ROUNDS:
                break
        world.lab.check(seen >= ROUNDS, f"strongSwan saw {seen} collisions")
    return play


def collide_in_outage(world):
    """Both ends rekey while nothing arrives, and repeat themselves when it does again."""
    come_up(world)
    for what in ("child", "ike"):
        world.outage(True)
        for end in (world.cl, world.gw):
            end.rekey(what)
        world.lab.settle(lambda: False, 0.3)
        world.outage(False)
        world.lab.settle(lambda: False, 4)
        settled_down(world, f"both rekeyed the {what} SA in an outage")


def settled_down(world, when):
    ends = (world.cl, world.gw)
    world.lab.settle(lambda: all(end.sa_counts() == (1, 1) for end in ends), 12)
    counts = [end.sa_counts() for end in ends]
    world.lab.check(counts == [(1, 1)] * 2, f"{when}: each end has one IKE and one child SA: "
                    f"{counts}")
    world.passes(when)


def moves(world):
    """MOBIKE: the client loses the address that it uses."""
    come_up(world)
    world.passes("over the first uplink")
    world.client.ip(f"addr del {OUTER['cl']}/24 dev wan1")
    world.lab.settle(lambda: world.gw.peer_address()[0] == OUTER["cl2"], 10)
    where = world.gw.peer_address()[0]
    world.lab.check(where == OUTER["cl2"], f"the gateway follows to {where}")
    world.passes("over the second uplink")
    settled_down(world, "after the move")
    world.lab.check(world.gw.ike_sas_made() == 1, "it is the same IKE SA")


def behind_nat(world):
    come_up(world)
    address, port = world.gw.peer_address()
    world.lab.check(address == "10.90.3.1", f"the gateway sees the NAT: {address}:{port}")
    world.passes("through the NAT")
    quiet = world.gateway.capture("wan", "udp port 4500 and udp[4:2] = 9")
    world.lab.settle(lambda: False, 5)
    quiet.stop()
    octets = {data for data, in world.lab.tshark(quiet.file, "udp.payload")}
    world.lab.check(octets == {"ff"}, f"NAT keepalives: {octets}")
    rekeyed_once(world, world.gw, "child")


def killed(role):
    """kill -9: the other end notices by dead peer detection."""
    def play(world):
        come_up(world)
        world.passes("up")
        dead, alive = (world.gw, world.cl) if role == "gw" else (world.cl, world.gw)
        dead.kill()
        limit = alive.GIVES_UP_S
        world.lab.check(alive.notices_death(limit), f"{alive.role} notices within {limit} s")
        dead.start()
        if role == "cl":
            world.cl.initiate()
        else:
            world.cl.initiate_again()
        world.lab.settle(lambda: world.cl.is_up() and world.gw.is_up(), 20)
        world.passes("after a new start")
    return play


def client_restarts(world):
    """kill -9 of the client, which begins again at once: the gateway still has the old SAs."""
    come_up(world)
    world.cl.kill()
    world.cl.start()
    come_up(world)
    settled_down(world, "after a crash of the client")


def with_cookie(world):
    """Half-open IKE SAs from addresses that are not the client's make the gateway ask."""
    strongswan_halfopen.begin(world.client, "10.90.2.100", OUTER["gw"], 100)
    come_up(world)
    world.passes("up")
    asked = len(notifies(world, 16390))
    world.lab.check(asked >= 2, f"COOKIE asked for and returned ({asked} messages)")


def with_invalid_ke(world):
    come_up(world)
    world.passes("up")
    refusals = notifies(world, 17)
    answers = world.lab.tshark(world.trace.file, "frame.number",
                               expression=f"isakmp && ip.dst == {OUTER['cl']}")
    world.lab.check(refusals == answers[:1],
                    f"INVALID_KE_PAYLOAD was the first answer, and once ({len(refusals)} times)")


def notifies(world, number):
    """The frames that carry such a notify."""
    world.lab.settle(lambda: False, 0.5)
    client = f"(ip.addr == {OUTER['cl']})"
    return world.lab.tshark(world.trace.file, "frame.number",
                            expression=f"{client} && isakmp.notify.msgtype == {number}")


def refused(pattern):
    """No tunnel, and the end under test says why."""
    def play(world):
        world.lab.check(not world.cl.initiate(6), "no tunnel comes up")
        for end in (world.cl, world.gw):
            world.lab.settle(lambda end=end: re.search(pattern, end.explanation()), 3)
            said = [line for line in end.explanation().splitlines() if re.search(pattern, line)]
            world.lab.check(said, f"{end.role} says why: {said[-1][-150:] if said else '-'}")
            world.lab.check(end.sa_counts()[1] == 0, f"{end.role} has no child SA")
    return play


SHORT = {"rekey_s": 2, "ike_rekey_s": 8}
BOTH_CIPHERS = ("aes-256-gcm", "chacha20-poly1305")
CHACHA = {"ike_ciphers": BOTH_CIPHERS[1:], "esp_ciphers": BOTH_CIPHERS[1:]}
SCENARIOS = [
    Scenario("psk", whole_life),
    Scenario("raw", whole_life, {"auth": "raw"}),
    Scenario("cert", up_and_down, {"auth": "cert"}),
    Scenario("fragments", up_and_down, {"auth": "cert", "charon": (("fragment_size", 300),)}),
    Scenario("chacha", whole_life, CHACHA, quick=()),
    Scenario("chacha-raw", rekeys_once, {"auth": "raw", **CHACHA}),
    Scenario("p-256", rekeys_once, {"key_exchange": ("p-256",)}),
    Scenario("no-pfs", rekeys_once, {"pfs": False}),
    Scenario("site-to-site", up_and_down, {"virtual_address": False}),
    Scenario("delete-gateway", gateway_deletes),
    Scenario("lifetimes", many_rekeys, client=SHORT),
    Scenario("lifetimes-gateway", many_rekeys, gateway=SHORT, quick=()),
    Scenario("collide-child", collide("child"), network={"delay_ms": 150}),
    Scenario("collide-ike", collide("ike"), network={"delay_ms": 150}),
    Scenario("collide-outage", collide_in_outage, quick=()),
    Scenario("mobike", moves),
    Scenario("nat", behind_nat, {"keepalive_s": 1}, network={"nat": True}),
    Scenario("dpd", killed("gw"), {"dpd_s": 1}, quick=("responder",)),
    Scenario("dpd-gateway", killed("cl"), {"dpd_s": 1}, quick=("initiator",)),
    Scenario("restart", client_restarts),
    Scenario("cookie", with_cookie, gateway={"charon": (
        ("cookie_threshold", 3), ("block_threshold", 200))}),
    Scenario("invalid-ke", with_invalid_ke, client={"key_exchange": ("p-256", "x25519")}),
    Scenario("proposals", up_and_down, client={
        "ike_ciphers": BOTH_CIPHERS, "esp_ciphers": BOTH_CIPHERS[::-1],
        "key_exchange": ("x25519", "p-256")}, gateway=CHACHA),
    Scenario("no-proposal", refused("(?i)propos"),
             client={"ike_ciphers": BOTH_CIPHERS[:1]}, gateway=CHACHA),
    Scenario("no-esp-proposal", refused("(?i)propos"),
             client={"esp_ciphers": BOTH_CIPHERS[:1]},
             gateway={"esp_ciphers": BOTH_CIPHERS[1:]}, quick=()),
    Scenario("ppk", rekeys_once, {"auth": "raw", "ppk": "a-key-that-no-quantum-computer-finds"}),
    Scenario("wrong-psk", refused("shared key|AUTHENTICATION_FAILED"),
             client={"psk": "something-else"}),
]
