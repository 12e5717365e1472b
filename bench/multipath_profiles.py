# SPDX-License-Identifier: Apache-2.0
"""The links of each profile: settings of tests/netns/tools/link_config.h, for both directions.

Delays are one way. Jitter is a normal distribution, correlated over 100 ms: it keeps the order.
"""
QUEUE = "queue 100ms"
LARGE_BUFFERS = 64 << 20


class Profile:
    """large: a bandwidth-delay product that needs larger TCP buffers and a longer warm-up."""

    def __init__(self, *links, large=False, lossy=False):
        self.links = [f"{link} {QUEUE}" for link in links]
        self.warm_up = 20 if large else 5
        self.buffers = LARGE_BUFFERS if large else None
        self.runs = 5 if lossy else 3

    def rates(self):
        """Of each link in bit/s, as far as it has one."""
        units = {"k": 1e3, "M": 1e6, "G": 1e9}
        words = [link.split() for link in self.links]
        return [float(w[w.index("rate") + 1][:-1]) * units[w[w.index("rate") + 1][-1]]
                for w in words]


def twice(settings, **options):
    return Profile(settings, settings, **options)


PLAIN = "rate 50M delay 20ms"
PROFILES = {
    "baseline": twice(PLAIN),
    "rtt_40": Profile(PLAIN, "rate 50M delay 40ms"),
    "rtt_70": Profile(PLAIN, "rate 50M delay 70ms"),
    "rtt_120": Profile(PLAIN, "rate 50M delay 120ms"),
    "rtt_320": Profile(PLAIN, "rate 50M delay 320ms", large=True),
    "jit_5": twice(f"{PLAIN} jitter 5ms"),
    "jit_20": twice(f"{PLAIN} jitter 20ms"),
    "loss_05": twice(f"{PLAIN} loss 0.5%", lossy=True),
    "loss_2": twice(f"{PLAIN} loss 2%", lossy=True),
    "bw_4to1": Profile(PLAIN, "rate 12M delay 20ms"),
    "bw_10to1": Profile("rate 100M delay 20ms", "rate 10M delay 20ms"),
    "dual_lte": Profile("rate 40M delay 30ms jitter 5ms loss 0.5%",
                        "rate 25M delay 45ms jitter 8ms loss 0.5%", lossy=True),
    "fiber_lte": Profile("rate 300M delay 8ms", "rate 30M delay 40ms jitter 8ms loss 0.5%"),
    "lte_starlink": Profile("rate 40M delay 35ms jitter 8ms",
                            "rate 100M delay 50ms jitter 25ms loss 1%", lossy=True),
    "lte_geo": Profile("rate 40M delay 35ms", "rate 20M delay 320ms jitter 20ms loss 0.5%",
                       large=True),
    "congested": Profile("rate 20M delay 50ms jitter 20ms loss 2%",
                         "rate 15M delay 60ms jitter 25ms loss 2%", lossy=True),
    "reorder_1": twice(f"{PLAIN} reorder 1%:5ms-50ms"),
    "ecmp": Profile(f"{PLAIN} ecmp 35ms:50%"),
    # The widest that both directions of the emulator are asked for.
    "fast": Profile("rate 300M delay 10ms", "rate 80M delay 30ms"),
}
