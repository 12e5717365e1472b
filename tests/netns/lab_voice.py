# SPDX-License-Identifier: Apache-2.0
"""A telephone call, packet by packet, around something that happens in the middle of it.

    call = Call(lab, tunnel, seconds=6)
    moment = call.wait(2)            2 s of it are over; happen = monotonic time in ms
    world.blackhole("a")
    up, down = call.end()            what the server heard, what the client heard
    up.lost(), up.gap_ms(moment)
"""
import time

import lab_traffic

SPACING_MS = 20


def now_ms():
    return time.monotonic() * 1e3


class Heard:
    """What one end heard: times in ms of CLOCK_MONOTONIC, as now_ms()."""

    def __init__(self, report):
        self.report = report
        # (index, when sent, when it came)
        self.arrivals = sorted(((index, sent, sent + delay)
                                for index, sent, delay in report["trace"]), key=lambda a: a[2])
        seen = {index for index, _, _ in self.arrivals}
        self.missing = [i for i in range(report["sent"]) if i not in seen]
        self.begin = min((sent - SPACING_MS * index for index, sent, _ in self.arrivals),
                         default=0)

    def sent_ms(self, index):
        return self.begin + SPACING_MS * index

    def lost(self, since=0, until=float("inf")):
        """Packets sent in that time that never came."""
        return sum(since <= self.sent_ms(index) < until for index in self.missing)

    def gap_ms(self, since=0):
        """The longest time between two arrivals beyond the spacing, of those ending after `since`.
        Endless when nothing came any more."""
        times = [came for _, _, came in self.arrivals]
        gaps = [b - a for a, b in zip(times, times[1:]) if b >= since]
        if not times or self.sent_ms(self.report["sent"]) - times[-1] > 1000:
            return float("inf")
        return max(gaps, default=float("inf")) - SPACING_MS

    def delays_ms(self, since=0, until=float("inf")):
        return [came - sent for _, sent, came in self.arrivals if since <= sent < until]

    def next_sent_ms(self, moment):
        """When the first packet from that moment on was sent, whether it came or not."""
        steps = max(0, -(-(moment - self.begin) // SPACING_MS))
        return self.begin + SPACING_MS * steps

    def back_ms(self, moment):
        """When something that was sent from that moment on came for the first time."""
        return min((came for _, sent, came in self.arrivals if sent >= moment),
                   default=float("inf"))


class Call:
    """Voice both ways through a tunnel, 50 datagrams of 172 octets a second each."""

    def __init__(self, lab, tunnel, seconds):
        self.lab, self.seconds = lab, seconds
        self._result = lab_traffic.start_rtp(lab, tunnel.a.node, tunnel.a.address, tunnel.b.node,
                                             tunnel.b.address, seconds, options="--trace")
        self.started = time.monotonic()

    def wait(self, seconds):
        """Until so much of the call is over, a little more for its start; returns now_ms()."""
        time.sleep(max(0.0, self.started + seconds - time.monotonic()))
        return now_ms()

    def end(self):
        """(what the server heard, what the client heard)"""
        client, server = self._result()
        return Heard(server["calls"][0]), Heard(client["calls"][0])
