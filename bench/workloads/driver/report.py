"""The table on the terminal and the report in Markdown, from the same figures."""
import os

import machine as computer


def _with_spread(median, low, high):
    return "%.2f (%.2f-%.2f)" % (median, low, high)


def _cells(entry):
    return [entry["variant"], _with_spread(**entry["time"]), _with_spread(entry["cpu"], entry["cpu_low"], entry["cpu_high"]),
            "%.3f" % entry["seconds"], "%.3f" % entry["least_cpu"], "%.1f" % entry["peak_mib"]]


def _short(value):
    return "%.3g" % value if abs(value) < 1000 else "%.0f" % value


def _with_ends(found):
    median, low, high = (_short(found[part]) for part in ("median", "low", "high"))
    return median if low == high else "%s (%s-%s)" % (median, low, high)


def _own(row):
    """The table of what the programs of a row report by themselves, empty where they do not."""
    if not row["row"].figures or not row["entries"]:
        return []
    head = ["variant"] + list(row["row"].figures.values())
    return [head] + [[entry["variant"]] + [_with_ends(found) for found in entry["own"].values()] for entry in row["entries"]]


HEAD = ["variant", "time ratio", "CPU ratio", "median s", "least CPU s", "peak MiB"]
BEST = ["row", "allockit as", "CPU against first variant", "best other", "CPU against it", "peak against most frugal fast peer"]

NOTE = ("Ratios are to the first variant of the row. Time: median over the rounds of the ratio within a round. CPU: ratio of the least user + system "
        "time. In brackets: quartiles over the rounds. Peak: median of the peak resident memory. Each program printed the same result in every run.")


def _best_cells(verdict):
    memory = "%.2f (%s)" % (verdict["memory"], verdict["frugal"])
    if verdict["lean"] != verdict["mine"]:
        memory += "; as %s %.2f" % (verdict["lean"], verdict["lean_memory"])
    return [verdict["row"], verdict["mine"], "%.2f" % verdict["ours"], verdict["best"],
            _with_spread(verdict["cpu"], verdict["cpu_low"], verdict["cpu_high"]), memory]


def _goals(row):
    """Lines below a row: the ratios that it is judged by."""
    return ["%s against %s: CPU %s, goal <= %g%s" % (goal["variant"], goal["against"], _with_spread(goal["cpu"], goal["cpu_low"], goal["cpu_high"]),
                                                     goal["bound"], ": over the goal" if goal["cpu"] > goal["bound"] else "") for goal in row["goals"]]


def _notes(row):
    """Lines below a row: what is left out or failed, and why."""
    lines = []
    if row.skipped:
        lines.append("skipped: " + row.skipped)
    reasons = {}
    for peer, reason in row.skipped_peers.items():
        reasons.setdefault(reason, []).append(peer)
    lines += ["%s skipped: %s" % (", ".join(peers), reason) for reason, peers in reasons.items()]
    lines += ["%s FAILED: %s" % (variant.name, variant.failed) for variant in row.variants if variant.failed]
    return lines


def _columns(table, indent="  "):
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    return [indent + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths)))
            for line in table]


def text(report):
    lines = []
    body = [_cells(entry) for row in report["rows"] for entry in row["entries"]]
    widths = _columns([HEAD] + body) if body else []
    at = 1
    for row in report["rows"]:
        lines += ["", "%s: %s" % (row["row"].name, row["row"].title)]
        if row["entries"]:
            lines.append(widths[0])
        for _ in row["entries"]:
            lines.append(widths[at])
            at += 1
        lines += _columns(_own(row)) if _own(row) else []
        lines += ["  " + note for note in _goals(row) + _notes(row["row"])]
    verdicts = [row["verdict"] for row in report["rows"] if row["verdict"]]
    if verdicts:
        lines += ["", "allockit against the best of the others:"]
        lines += _columns([BEST] + [_best_cells(verdict) for verdict in verdicts])
    return "\n".join(lines)


def _markdown_table(head, body):
    line = "| %s |"
    return [line % " | ".join(head), "|" + "---|" * len(head)] + [line % " | ".join(cells) for cells in body]


def markdown(report):
    machine = report["machine"]
    lines = ["# End-to-end programs", "",
             "- Command: `%s`" % report["command"],
             "- Date: " + machine["date"],
             "- Machine: " + computer.line(machine),
             "- allockit %s, called through the shared library, purge thread on; %d rounds after one warm-up" % (report["allockit"], report["rounds"]),
             "- Compared with: " + ", ".join("%s %s" % pair for pair in sorted(report["peers"].items())),
             "- glibc in its default mode (no tunables)", "", NOTE, ""]
    verdicts = [row["verdict"] for row in report["rows"] if row["verdict"]]
    if verdicts:
        lines += ["allockit (its cheapest variant) against the best of the others:", ""]
        lines += _markdown_table(BEST, [_best_cells(verdict) for verdict in verdicts]) + [""]
    if report["plot"]:
        lines += ["![CPU time relative to the first variant of each row](%s)" % report["plot"], ""]
    for row in report["rows"]:
        lines += ["## %s" % row["row"].name, "", row["row"].title + ".", ""]
        if row["entries"]:
            lines += _markdown_table(HEAD, [_cells(entry) for entry in row["entries"]]) + [""]
        own = _own(row)
        lines += _markdown_table(own[0], own[1:]) + [""] if own else []
        notes = _goals(row) + _notes(row["row"])
        lines += ["- " + note for note in notes] + [""] * bool(notes)
    lines += ["Raw figures of every run, with the command lines: [workloads.json](workloads.json)."]
    return "\n".join(lines) + "\n"


def join(folder):
    """report.md out of the parts that are there, one level down, so that parts can be run on their own."""
    lines = ["# Benchmark report", ""]
    for part in ("workloads.md", "micro.md", "regions.md", "pools.md", "ring.md", "uring.md"):
        path = os.path.join(folder, part)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines += ["#" + line if line.startswith("#") else line for line in file.read().splitlines()] + [""]
    path = os.path.join(folder, "report.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip() + "\n")
    return path
