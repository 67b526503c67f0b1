"""Dot plot of CPU ratios: one line per row, one colour per allocator. Called as: plot.py workloads.json picture.png"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot  # noqa: E402

COLOURS = {"glibc": "#555555", "mimalloc3": "#1f77b4", "mimalloc2": "#6baed6", "mimalloc-deb": "#aec7e8", "jemalloc": "#2ca02c",
           "tcmalloc": "#9467bd", "snmalloc": "#ff9f1c", "rpmalloc": "#8c564b", "tbb": "#17becf"}


def style(entry):
    """Colour, marker, size and legend of a variant."""
    if entry["kind"] == "allockit":
        dropped = "drop" in entry["variant"]
        return "#d62728", "D" if dropped else "o", 70, "allockit, dropped whole" if dropped else "allockit, freed one by one"
    if entry["kind"] == "native":
        return "#000000", "x", 45, "the program's own"
    peer = entry["peer"] or entry["variant"].split(",")[0]
    return COLOURS.get(peer, "#999999"), "o", 32, peer


def main(source, target):
    with open(source, encoding="utf-8") as file:
        rows = [row for row in json.load(file)["summary"] if row["entries"]]
    figure, axes = pyplot.subplots(figsize=(10, 1.6 + 0.45 * len(rows)))
    legend = {}
    for height, row in enumerate(reversed(rows)):
        axes.axhline(height, color="#e6e6e6", linewidth=1, zorder=0)
        for entry in row["entries"]:
            colour, marker, size, label = style(entry)
            ours = entry["kind"] == "allockit"
            edge = {} if marker == "x" else {"edgecolors": "white" if ours else "none", "linewidths": 0.6}
            dots = axes.scatter(entry["cpu"], height, color=colour, marker=marker, s=size, zorder=3 if ours else 2, alpha=0.95, **edge)
            legend.setdefault(label, dots)
    axes.axvline(1, color="#555555", linewidth=1, linestyle="--", zorder=1)
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([row["row"] for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(left=0)
    axes.set_xlabel("CPU time relative to the first variant of the row (glibc, or the language's own memory); less is better")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(legend.values(), legend.keys(), loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    figure.savefig(target, dpi=130, bbox_inches="tight")


if __name__ == "__main__":
    main(*sys.argv[1:3])
