"""From the raw figures to the table: medians, ratios to the best peer, spread, Markdown, JSON and the plot."""
import json
import math
import os
import statistics
import subprocess
import sys

import machine as machine_module
from places import CACHE, say

OURS = ["allockit", "allockit-nopurge"]
NAMES = {"allockit": "allockit", "allockit-nopurge": "allockit, no purge thread"}

# What is aimed at where a bound says more than the best peer. Shown beside the figure, never as one.
GOALS = {
    "drop-peak": (2, "<= 2 %"), "drop-kept-300": (5.3, "<= 1 % of the peak"), "sleep-kept-300": (16, "<= 16 MiB"),
    "sleep-kept-1000": (16, "<= 16 MiB"), "fragment": (1.15, "<= 1.15"), "create": (1000, "<= 1 us"),
    "create-cold": (20000, "<= 20 us"), "handles-resident": (24, "<= 24 KiB"), "handles-virtual": (64, "<= 64 KiB"),
    "handles-kept-300": (16, "<= 16 MiB"), "purge-first": (5, "<= 5 ms"), "purge-idle": (5, "<= 5 ms"),
    "refuse-64": (50, "< 50 ns"), "refuse-64K": (50, "< 50 ns"),
}


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def against_best(row, ours, figures, peers):
    """Ratio of medians to the peer with the lowest median, and the quartiles of the ratio within each round."""
    medians = {name: statistics.median(figures[row, name]) for name in peers if (row, name) in figures}
    if not medians or (row, ours) not in figures:
        return None
    best = min(medians, key=medians.get)
    if medians[best] <= 0:
        return {"best": best, "ratio": None}
    rounds = [mine / theirs for mine, theirs in zip(figures[row, ours], figures[row, best]) if theirs > 0]
    low, high = quartiles(rounds)
    return {"best": best, "ratio": statistics.median(figures[row, ours]) / medians[best], "low": low, "high": high}


def collect(rows, allocators, figures):
    values = {key: [figure["value"] for figure in list_of] for key, list_of in figures.items()}
    peers = [name for name in allocators if name not in OURS]
    out = []
    for row in rows:
        entry = {key: row[key] for key in ("id", "label", "unit", "kind", "who")}
        entry["allocators"] = {}
        for name in allocators:
            if (row["id"], name) not in values:
                continue
            raw, mine = figures[row["id"], name], values[row["id"], name]
            low, high = quartiles(mine)
            data = {"median": statistics.median(mine), "min": min(mine), "max": max(mine), "low": low, "high": high, "values": mine}
            for field in ("cold", "cpu", "resident_kib", "mappings"):
                found = [figure[field] for figure in raw if field in figure]
                if found:
                    data[field] = statistics.median(found)
            entry["allocators"][name] = data
        for name in OURS:
            entry[name] = against_best(row["id"], name, values, peers)
        if row["id"] in GOALS:
            entry["goal"] = GOALS[row["id"]][1]
        out.append(entry)
    return {"rows": out, "allocators": allocators, "peers": peers, "geometric_mean": {name: mean(out, name) for name in OURS}}


def mean(rows, ours):
    ratios = [row[ours]["ratio"] for row in rows if row["kind"] == "time" and row[ours] and row[ours]["ratio"]]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1e6:
        return "%.3gM" % (value / 1e6)
    if abs(value) >= 1e4:
        return "%.3gk" % (value / 1e3)
    return "%.3g" % value if abs(value) < 1000 else "%.0f" % value


def verdict(row, ours="allockit"):
    """Marks rows that lose: above 1.00 and above 1.05 of the best peer, or beyond the goal."""
    if row["id"] in GOALS:
        mine = row["allocators"].get(ours)
        return "over the goal" if mine and mine["median"] > GOALS[row["id"]][0] else ""
    found = row[ours]
    if not found or not found["ratio"] or found["ratio"] <= 1.0 or row["kind"] != "time":
        return ""
    mark = "> 1.05" if found["ratio"] > 1.05 else "> 1.00"
    return mark + (", within spread" if found["low"] <= 1.0 else "")


def ratio_text(found):
    if not found or found["ratio"] is None:
        return "-"
    return "%.2f (%.2f-%.2f)" % (found["ratio"], found["low"], found["high"])


def table(result):
    head = ["row", "unit"] + result["peers"] + [NAMES[name] for name in OURS] + ["best peer", "ratio (spread)", "no purge thread", "goal", ""]
    lines = [head]
    for row in result["rows"]:
        cells = [row["label"], row["unit"]]
        for name in result["peers"] + OURS:
            cells.append(number(row["allocators"].get(name, {}).get("median")))
        best = row["allockit"]["best"] if row["allockit"] else "-"
        cells += [best, ratio_text(row["allockit"]), ratio_text(row["allockit-nopurge"]), row.get("goal", ""), verdict(row)]
        lines.append(cells)
    return lines


def detail(result, field, scale=1.0):
    lines = [["row"] + result["peers"] + [NAMES[name] for name in OURS]]
    for row in result["rows"]:
        cells = [row["allocators"].get(name, {}).get(field) for name in result["peers"] + OURS]
        if any(cell is not None for cell in cells):
            lines.append([row["label"]] + [number(cell if cell is None else cell / scale) for cell in cells])
    return lines


def spread(result):
    lines = [["row"] + result["peers"] + [NAMES[name] for name in OURS]]
    for row in result["rows"]:
        cells = [row["allocators"].get(name) for name in result["peers"] + OURS]
        lines.append([row["label"]] + ["%s; %s-%s" % (number(c["min"]), number(c["low"]), number(c["high"])) if c else "-" for c in cells])
    return lines


def markdown(lines):
    def line(cells):
        return "| " + " | ".join(cells) + " |"
    return "\n".join([line(lines[0]), line(["---"] + ["---:"] * (len(lines[0]) - 1))] + [line(cells) for cells in lines[1:]]) + "\n"


def summary(result):
    means = ", ".join("%s %.3f" % (NAMES[name], value) for name, value in result["geometric_mean"].items() if value)
    losing = ["%s (%s)" % (row["label"], verdict(row)) for row in result["rows"] if verdict(row)]
    lines = ["Geometric mean of the ratio to the best peer over the time rows: %s." % (means or "nothing to compare")]
    lines.append("Rows that lose (purge thread on): %s." % ("; ".join(losing) or "none"))
    exact, plain = (next((row["allocators"].get("allockit", {}).get("median") for row in result["rows"] if row["id"] == name), None)
                    for name in ("exact-64", "pair-64"))
    if exact and plain:
        lines.append("AKIT_CHECK_EXACT costs %.2f ns per 64 B pair." % (exact - plain))
    lines += ["%s skipped: %s." % pair for pair in result["skipped"].items()]
    lines += ["FAILED: %s: %s." % pair for pair in result["failures"].items()]
    return lines


def console(result):
    lines = table(result)
    for cells in lines:
        cells[0] = cells[0][:58]
    lines[0] = [text.replace("allockit, no purge thread", "(no purge)") for text in lines[0]]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()
            for cells in lines]
    return "\n".join(text + [""] + summary(result))


def write(result, folder):
    paths = [os.path.join(folder, "micro." + kind) for kind in ("json", "md")]
    with open(paths[0], "w", encoding="utf-8") as file:
        rows = ",\n".join("  " + json.dumps(row) for row in result["rows"])
        others = ",\n".join(" %s: %s" % (json.dumps(key), json.dumps(value)) for key, value in result.items() if key != "rows")
        file.write("{\n%s,\n \"rows\": [\n%s\n ]\n}\n" % (others, rows))
    picture = draw(paths[0], os.path.join(folder, "micro.svg"))
    with open(paths[1], "w", encoding="utf-8") as file:
        file.write(page(result, picture))
    return paths + ([picture] if picture else [])


def page(result, picture):
    versions = ", ".join("%s %s" % pair for pair in result["versions"].items())
    return "\n\n".join([
        "# General allocation, row by row",
        "`%s` on %s, %s. %d rounds, %g s per timed row." % (result["command"], result["machine"]["date"],
            machine_module.line(result["machine"]), result["rounds"], result["seconds_per_row"]),
        "Peers: %s." % versions,
        "Medians over interleaved rounds, a fresh process per allocator and row. The ratio is that of the medians to the best peer of the "
        "row; in brackets the quartiles of the ratio within each round. allockit is called by handle through the installed shared "
        "library, peers through LD_PRELOAD; glibc runs in its default mode (thresholds adapt). Without the purge thread nothing calls "
        "`akit_maintain` either. In pair and replace rows one byte of each block is written; other rows say what they write.",
        "\n".join("- " + line for line in summary(result)),
        ("![ratios](%s)" % os.path.basename(picture)) if picture else "",
        "## Medians", markdown(table(result)),
        "## Minimum; quartiles", markdown(spread(result)),
        "## First pass in the process (ns, same unit of work)", markdown(detail(result, "cold")),
        "## Resident memory at the end of the row (MiB above the start)", markdown(detail(result, "resident_kib", 1024)),
        "## Mappings at the end of the row (above the start)", markdown(detail(result, "mappings")),
    ]).rstrip() + "\n"


def draw(data, picture):
    """The plot needs matplotlib, which lives in a private environment when it could be had."""
    own = os.path.join(CACHE, "venv", "bin", "python3")
    done = subprocess.run([own if os.path.exists(own) else sys.executable, os.path.join(os.path.dirname(__file__), "micro_plot.py"),
                           data, picture], capture_output=True, text=True)
    if done.returncode == 0:
        return picture
    say("plot skipped: " + (done.stderr.strip().splitlines() or ["unknown"])[-1])
    return None
