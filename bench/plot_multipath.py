#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what bench/multipath.py wrote: the median goodput and inner delay of each contender, and
says it as a table.

    plot_multipath.py CSV [SVG]      one panel for each profile, the links' capacity as a line
"""
import csv
import pathlib
import statistics
import sys

sys.dont_write_bytecode = True
from multipath_profiles import PROFILES  # noqa: E402

COLOURS = {"tcp-a": "#bbbbbb", "tcp-b": "#999999", "mptcp": "#b0563a", "hawser-a": "#a8cbe8",
           "hawser-b": "#86b3d9", "hawser-a-on": "#a8cbe8", "hawser-b-on": "#86b3d9",
           "hawser-aggregate": "#1f6fb2"}
OTHER = "#3aa06b"
PANEL, BAR, GAP, LEFT, COLUMNS = 330, 15, 46, 128, 3
BAR_WIDTH = PANEL - 112


def read_medians(file):
    """{(profile, flows, direction): {contender: {column: median}}}"""
    rows = {}
    with open(file, newline="") as lines:
        for row in csv.DictReader(lines):
            name = row["contender"] + (f" {row['config']}" if row["config"] else "")
            panel = rows.setdefault((row["profile"], row["flows"], row["direction"]), {})
            panel.setdefault(name, []).append(row)
    return {key: {name: {column: median(runs, column) for column in
                         ("goodput_bps", "ping_p95_ms", "reordered_ratio", "idle")} |
                  {"runs": len(runs)} for name, runs in panel.items()}
            for key, panel in rows.items()}


def median(rows, column):
    values = [float(row[column]) for row in rows if row[column]]
    return statistics.median(values) if values else None


def title(key):
    profile, flows, direction = key
    return profile + (f", {flows} flows" if flows != "1" else "") + \
        (", down" if direction == "down" else "")


def text(x, y, words, size=11, anchor="start", colour="#222222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}">{words}</text>')


def panel(left, top, key, contenders):
    capacity = sum(PROFILES[key[0]].rates())
    largest = max([capacity, *(c["goodput_bps"] for c in contenders.values())])
    parts = [text(left, top, title(key), 14)]
    for i, (name, result) in enumerate(contenders.items()):
        y = top + 10 + i * (BAR + 3)
        width = BAR_WIDTH * result["goodput_bps"] / largest
        delay = result["ping_p95_ms"]
        said = f"{result['goodput_bps'] / 1e6:.1f}" + (f", {delay:.0f} ms" if delay else "")
        parts += [text(left + LEFT - 6, y + 11, name, 10, "end"),
                  f'<rect x="{left + LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" '
                  f'fill="{COLOURS.get(name, OTHER)}"/>',
                  text(left + LEFT + 4, y + 11, said, 10)]
    x = left + LEFT + BAR_WIDTH * capacity / largest
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + 6}" stroke="#cc3333" '
                 f'y2="{top + 10 + len(contenders) * (BAR + 3)}"/>')
    return parts


def draw(medians):
    rows = max(len(contenders) for contenders in medians.values())
    height = rows * (BAR + 3) + GAP
    parts = [text(20, 24, "Goodput in Mbit/s and 95th percentile of ping; red: the links' "
                  "capacity", 16)]
    for i, (key, contenders) in enumerate(medians.items()):
        left = 20 + i % COLUMNS * (PANEL + LEFT - 60)
        parts += panel(left, 60 + i // COLUMNS * height, key, contenders)
    full = 60 + (len(medians) + COLUMNS - 1) // COLUMNS * height
    size = f'width="{40 + COLUMNS * (PANEL + LEFT - 60)}" height="{full}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
            f'<rect {size} fill="white"/>' + "\n".join(parts) + "</svg>\n")


def ratio(contenders, name, others):
    """A goodput as a share of the sum of others; nothing if one is missing."""
    if name not in contenders or not others or any(o not in contenders for o in others):
        return "-"
    below = sum(contenders[other]["goodput_bps"] for other in others)
    return f"{contenders[name]['goodput_bps'] / max(1, below):.2f}"


def table(medians):
    """For each profile what the aggregate is worth beside the others."""
    print("| profile | Mbit/s | of capacity | of a + b | of the better | of MPTCP | ping p95 | "
          "reordered |\n|---|---|---|---|---|---|---|---|")
    name = "hawser-aggregate"
    for key, contenders in medians.items():
        if name not in contenders:
            continue
        own, capacity = contenders[name], sum(PROFILES[key[0]].rates())
        singles = [single for single in ("hawser-a", "hawser-b") if single in contenders]
        better = sorted(singles, key=lambda s: contenders[s]["goodput_bps"])[-1:]
        reordered = own["reordered_ratio"]
        shown = "-" if reordered is None else f"{100 * reordered:.3f} %"
        print(f"| {title(key)} | {own['goodput_bps'] / 1e6:.1f} | "
              f"{own['goodput_bps'] / capacity:.2f} | {ratio(contenders, name, singles)} | "
              f"{ratio(contenders, name, better)} | {ratio(contenders, name, ['mptcp'])} | "
              f"{own['ping_p95_ms']:.0f} ms | {shown} |")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    file = pathlib.Path(sys.argv[1])
    medians = read_medians(file)
    drawing = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else file.with_suffix(".svg")
    drawing.write_text(draw(medians))
    table(medians)


main()
