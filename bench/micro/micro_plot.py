"""Draws the ratios of all time rows: every allocator against the best peer of the row. Usage: micro_plot.py JSON SVG"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OURS = ("allockit", "allockit-nopurge")


def main(source, target):
    with open(source, encoding="utf-8") as file:
        result = json.load(file)
    rows = [row for row in result["rows"] if row["kind"] == "time" and row["allockit"] and row["allockit"]["ratio"]]
    if not rows:
        sys.exit("no row has both allockit and a peer")
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.26 * len(rows)))
    for name in result["peers"] + list(reversed(OURS)):
        points = []
        for place, row in enumerate(rows):
            best = row["allocators"][row["allockit"]["best"]]["median"]
            if name in row["allocators"]:
                points.append((row["allocators"][name]["median"] / best, place))
        style = {"allockit": ("D", 42, "black"), "allockit-nopurge": ("d", 26, "dimgray")}.get(name, ("o", 18, None))
        axes.scatter([x for x, _ in points], [y for _, y in points], marker=style[0], s=style[1], c=style[2],
                     label="allockit, no purge thread" if name == OURS[1] else name, alpha=0.85)
    axes.axvline(1.0, color="gray", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("time over the best peer of the row (left is faster)")
    axes.grid(axis="y", linewidth=0.3)
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.4, -0.08 - 1.2 / (len(rows) + 5)), ncol=4)
    figure.savefig(target, bbox_inches="tight")


main(*sys.argv[1:])
