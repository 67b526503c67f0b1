"""Three pictures in one: pairs by size, resident memory after a burst, and loads by page size. Usage: regions_plot.py JSON PNG"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

UNITS = {"K": 1, "M": 1 << 10, "G": 1 << 20}


PEERS = ("glibc", "jemalloc", "tcmalloc", "mimalloc3", "snmalloc", "rpmalloc", "mmap", "mimalloc-deb", "mimalloc2", "tbb")


def style(name):
    """Ours in black and on top, a peer in the same colour everywhere."""
    if not name.startswith(("allockit", "region", "huge")):
        return {"color": next(("C%d" % place for place, peer in enumerate(PEERS) if name in (peer, peer + "-background")), None)}
    line = "-" if name == "allockit" else ":" if name == "allockit-unbounded" else "--"
    return {"color": "black", "zorder": 3, "linewidth": 2 if name == "allockit" else 1.2, "linestyle": line}


def pairs(axes, result):
    lines = {}
    for row in result["rows"]:
        if row["who"] == "pair" and row["id"] != "pair-flat":
            size = row["id"].split("-")[1]
            for name, data in row["allocators"].items():
                lines.setdefault(name, []).append((int(size[:-1]) * UNITS[size[-1]], data["median"]))
    for name, points in lines.items():
        axes.plot(*zip(*points), marker=".", label=result["names"].get(name, name), **style(name))
    axes.set(xscale="log", yscale="log", xlabel="size in KiB", ylabel="ns", title="allocate + free, untouched")
    axes.legend(fontsize=6)


def curves(axes, result):
    for name, rounds in result["curves"].items():
        axes.plot(*zip(*rounds[-1]), label=result["names"].get(name, name), **style(name))
    axes.set(xlabel="ms after the last free", ylabel="anonymous resident MiB", title="%d MiB freed, then idle" % (result["burst_bytes"] >> 20))
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=6)


def bars(axes, result):
    row = next(row for row in result["rows"] if row["id"] == "chase")
    order = [name for kind in ("4K", "thp", "2M", "1G") for name in row["allocators"] if name.endswith("-" + kind)]
    for place, name in enumerate(order):
        data = row["allocators"][name]
        axes.barh(place, data["median"], color="gray" if name.startswith("mmap") else "black",
                  xerr=[[data["median"] - data["min"]], [data["max"] - data["median"]]], ecolor="red")
    axes.set_yticks(range(len(order)), [result["names"][name] for name in order], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="ns per dependent load over 1 GiB", title="page sizes")


def main(source, target):
    with open(source, encoding="utf-8") as file:
        result = json.load(file)
    sections = {row["who"] for row in result["rows"]}
    wanted = [draw for draw, there in ((pairs, "pair" in sections), (curves, result["curves"]), (bars, "backing" in sections)) if there]
    if not wanted:
        sys.exit("none of the rows that are drawn was run")
    figure, axes = plt.subplots(1, len(wanted), figsize=(5.2 * len(wanted), 4.2), squeeze=False)
    for draw, place in zip(wanted, axes[0]):
        draw(place, result)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


main(*sys.argv[1:])
