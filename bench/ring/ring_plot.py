"""The sweep over the size of the area, and over the length of the slices. Usage: ring_plot.py JSON PNG"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OURS = {"allockit": "-", "allockit-huge": "--", "allockit-coloured": "-.", "allockit-ordered": ":", "rust": (0, (1, 3))}
FLOORS = {"store": "-", "store-coloured-huge": "--"}
PEERS = ("glibc", "jemalloc", "tcmalloc", "mimalloc3", "snmalloc", "rpmalloc", "mimalloc-deb", "mimalloc2", "tbb",
         "seed", "later", "bytes", "ringbuf")
UNITS = {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024, "bytes": 1}


def style(name):
    """Ours in black and on top, the floors in grey, another in the same colour everywhere."""
    if name in OURS:
        return {"color": "black", "zorder": 3, "linewidth": 2 if name == "allockit" else 1.2, "linestyle": OURS[name]}
    if name in FLOORS:
        return {"color": "grey", "linestyle": FLOORS[name]}
    return {"color": next(("C%d" % (place % 10) for place, peer in enumerate(PEERS) if name == peer), None),
            "linestyle": "--" if name in PEERS[10:] else "-"}


def lines(axes, result, section, title, axis):
    found = {}
    for row in result["rows"]:
        if row["who"] == section:
            number, unit = row["label"].split()
            for name, data in row["allocators"].items():
                if name != "allockit-nopurge":
                    found.setdefault(name, []).append((float(number) * UNITS[unit], data["median"]))
    for name, points in found.items():
        axes.plot(*zip(*points), marker=".", label=result["names"].get(name, name), **style(name))
    axes.set(xscale="log", yscale="log", xlabel=axis, ylabel="ns per step", title=title)
    axes.legend(fontsize=6)


PICTURES = (("sweep", "Slices of 4096 bytes, one float written", "area in MiB"), ("sizes", "1024 live slices, one float written", "length in bytes"))


def main(source, target):
    with open(source, encoding="utf-8") as file:
        result = json.load(file)
    there = {row["who"] for row in result["rows"]}
    wanted = [one for one in PICTURES if one[0] in there]
    if not wanted:
        sys.exit("none of the rows that are drawn was run")
    figure, axes = plt.subplots(1, len(wanted), figsize=(6.4 * len(wanted), 4.6), squeeze=False)
    for (section, title, axis), place in zip(wanted, axes[0]):
        lines(place, result, section, title, axis)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


main(*sys.argv[1:])
