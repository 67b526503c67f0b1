"""CPU per GB of reads, and time per message received. Usage: uring_plot.py JSON PNG"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OURS = {"registered": "black", "group": "black", "io": "dimgrey"}
OTHERS = ("fixed", "plain", "pread", "hand", "own", "recv")


def bars(axes, result, section, title, unit):
    rows = [row for row in result["rows"] if row["who"] == section and row["kind"] == "time"]
    names = list(dict.fromkeys(name for row in rows for name in row["allocators"]))
    height = 0.8 / len(names)
    for place, name in enumerate(names):
        found = [(at, row["allocators"][name]["median"]) for at, row in enumerate(rows) if name in row["allocators"]]
        axes.barh([at + place * height for at, _ in found], [value for _, value in found], height, label=result["names"].get(name, name),
                  color=OURS.get(name) or "C%d" % (OTHERS.index(name) % 3))
    axes.set_yticks([at + 0.4 for at in range(len(rows))], [row["label"].removesuffix(": CPU per GB") for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel=unit, title=title)
    axes.legend(fontsize=6)


PICTURES = (("files", "Reads of a file", "ms of CPU per GB"), ("sockets", "Receiving, 64 unix sockets", "ns per message"))


def main(source, target):
    with open(source, encoding="utf-8") as file:
        result = json.load(file)
    there = {row["who"] for row in result["rows"]}
    wanted = [one for one in PICTURES if one[0] in there]
    if not wanted:
        sys.exit("none of the rows that are drawn was run")
    figure, axes = plt.subplots(1, len(wanted), figsize=(6.4 * len(wanted), 4.6), squeeze=False)
    for picture, place in zip(wanted, axes[0]):
        bars(place, result, *picture)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


main(*sys.argv[1:])
