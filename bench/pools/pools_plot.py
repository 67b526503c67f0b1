"""Pairs by class in C and in Go, and resident memory after a burst. Usage: pools_plot.py JSON PNG"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OURS = {"allockit": "-", "allockit-nopurge": "--", "local": "--", "allockit-maintain": "--", "allockit-tiered": ":", "allockit-region": "-."}
PEERS = ("glibc", "jemalloc", "tcmalloc", "mimalloc3", "snmalloc", "rpmalloc", "mimalloc-deb", "mimalloc2", "tbb",
         "seed", "libp2p", "boxes", "bytebufferpool", "arrays", "make")


def style(name):
    """Ours in black and on top, another in the same colour everywhere."""
    if name in OURS:
        return {"color": "black", "zorder": 3, "linewidth": 2 if name == "allockit" else 1.2, "linestyle": OURS[name]}
    return {"color": next(("C%d" % (place % 10) for place, peer in enumerate(PEERS) if name in (peer, peer + "-background")), None)}


def pairs(axes, result, section, title):
    lines = {}
    for row in result["rows"]:
        if row["who"] == section and row["label"].endswith(" KiB") and row["label"].count(" ") == 1:
            for name, data in row["allocators"].items():
                lines.setdefault(name, []).append((int(row["label"].split()[0]), data["median"]))
    for name, points in lines.items():
        axes.plot(*zip(*points), marker=".", label=result["names"].get(name, name), **style(name))
    sizes = sorted({size for points in lines.values() for size, _ in points})
    axes.set(xscale="log", yscale="log", xlabel="size in KiB", ylabel="ns", title=title)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.legend(fontsize=6)


def curves(axes, result, section, title):
    for name, rounds in result["curves"][section].items():
        axes.plot(*zip(*rounds[-1]), label=result["names"].get(name, name), **style(name))
    axes.set(xlabel="ms after the last put", ylabel="anonymous resident MiB", title=title)
    axes.set_ylim(0, 1.05 * axes.dataLim.ymax)
    axes.legend(fontsize=6)


PICTURES = ((pairs, "pair", "C: get + put, untouched"), (pairs, "go-pair", "Go: get + put, untouched"),
            (curves, "burst", "C: 10,000 x 64 KiB put, then idle"), (curves, "go-burst", "Go: 10,000 x 64 KiB put, then idle"))


def main(source, target):
    with open(source, encoding="utf-8") as file:
        result = json.load(file)
    there = {row["who"] for row in result["rows"]}
    wanted = [one for one in PICTURES if one[1] in (result["curves"] if one[0] is curves else there)]
    if not wanted:
        sys.exit("none of the rows that are drawn was run")
    figure, axes = plt.subplots(1, len(wanted), figsize=(5.2 * len(wanted), 4.2), squeeze=False)
    for (draw, section, title), place in zip(wanted, axes[0]):
        draw(place, result, section, title)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


main(*sys.argv[1:])
