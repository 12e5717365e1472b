#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what replay_sim wrote: memory of each window over time, and its false drops.

    plot_replay.py FOLDER [PACKETS-PER-SECOND]      FOLDER/memory.csv -> FOLDER/replay.svg
"""
import csv
import math
import pathlib
import sys

COLOURS = {"64": "#b0563a", "1024": "#8a8a8a", "32768": "#444444", "auto": "#1f6fb2",
           "auto-from-64": "#3aa06b"}
WIDTH, HEIGHT, LEFT, TOP, GAP = 900, 170, 70, 40, 60


def read_series(file, rate):
    """{reordering: {window: [(seconds, memory, false drops)]}}"""
    series = {}
    with open(file, newline="") as lines:
        for row in csv.DictReader(lines):
            if row["packets_per_second"] == rate:
                points = series.setdefault(row["reordering"], {}).setdefault(row["window"], [])
                points.append((float(row["seconds"]), int(row["memory_bytes"]),
                               int(row["false_drops"])))
    return series


def text(x, y, words, size=12, anchor="start", colour="#222222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}">{words}</text>')


def panel(top, name, windows):
    """One kind of reordering: memory over time, logarithmic from 16 octets to 64 KiB."""
    end = max(points[-1][0] for points in windows.values())

    def x(seconds):
        return LEFT + WIDTH * seconds / end

    def y(memory):
        return top + HEIGHT * (1 - (math.log2(memory) - 4) / 12)
    parts = [text(LEFT, top - 8, name, 14)]
    for power in range(4, 17, 4):
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(2 ** power):.1f}" '
                     f'y2="{y(2 ** power):.1f}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 6, y(2 ** power) + 4, f"{2 ** power} B", 11, "end"))
    for seconds in range(0, int(end) + 1, 10):
        parts.append(text(x(seconds), top + HEIGHT + 14, f"{seconds} s", 10, "middle"))
    for window, points in windows.items():
        steps = [f"{x(points[0][0]):.1f},{y(points[0][1]):.1f}"]
        for before, after in zip(points, points[1:]):
            if after[1] == before[1] and after is not points[-1]:
                continue
            steps += [f"{x(after[0]):.1f},{y(value):.1f}" for value in (before[1], after[1])]
        dashes = ' stroke-dasharray="5 4"' if window.isdigit() else ""
        parts.append(f'<polyline points="{" ".join(steps)}" fill="none" stroke-width="2" '
                     f'stroke="{COLOURS[window]}"{dashes}/>')
    for i, (window, points) in enumerate(windows.items()):
        parts.append(text(LEFT + WIDTH + 12, top + 20 + 22 * i,
                          f"{window}: {points[-1][2]} false drops", 12, colour=COLOURS[window]))
    return parts


def main():
    folder = pathlib.Path(sys.argv[1])
    rate = sys.argv[2] if len(sys.argv) > 2 else "10000"
    series = read_series(folder / "memory.csv", rate)
    parts, top = [text(LEFT, 20, f"Memory of a replay window at {rate} packets/s", 16)], TOP + 20
    for name, windows in series.items():
        parts += panel(top, name, windows)
        top += HEIGHT + GAP
    size = f'width="{LEFT + WIDTH + 240}" height="{top}"'
    (folder / "replay.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
        f'<rect {size} fill="white"/>' + "\n".join(parts) + "</svg>\n")


main()
