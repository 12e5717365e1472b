# SPDX-License-Identifier: Apache-2.0
"""What the machine does to a measurement: how much of the time it let nobody run."""
import threading
import time

TICK = 0.005  # seconds
QUIET = 0.01  # share of the time in stalls up to which a figure is the link's own
TRIES = 3


class Stalls:
    """Looks at the clock every TICK while its block runs. What a tick comes later than the next
    one was due is a stall: of a busy host or a quota, or of more work than there are cores."""

    def __enter__(self):
        self._ended = threading.Event()
        self._late = self._longest = 0
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        last = self._started
        while not self._ended.wait(TICK):
            now = time.monotonic()
            late = max(0, now - last - 2 * TICK)
            self._late += late
            self._longest = max(self._longest, late)
            last = now

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self.share = self._late / (time.monotonic() - self._started)

    def __str__(self):
        return (f"{100 * self.share:.1f} % of the time, at most {1000 * self._longest:.0f} ms, "
                "in stalls of the machine")


def check_figure(lab, measure):
    """Checks what measure() returns, (holds, message). A figure that is not as it should be counts
    when the machine was quiet; when it was not, it is measured again, and after TRIES said to be
    not measurable here."""
    for _ in range(TRIES):
        with Stalls() as stalls:
            holds, message = measure()
        if holds or stalls.share < QUIET:
            return lab.check(holds, message)
        lab.say(f"  ...  {message} ({stalls})")
    lab.say(f"  skip {message}: the machine stalls too much to tell")
    return True
