"""bench/run after the installs: build, run, report."""
import argparse
import json
import os
import subprocess
import sys
import time

import build
import machine
import plan
import report
import rounds
import summary
import tables
from places import CACHE, TOP, WORKLOADS, environment, missing, relative, say

VERSION = ["pkg-config", "--modversion", "allockit"]


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", add_help=False)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--system", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    if asked.rounds is not None and asked.rounds < 1:
        parser.error("--rounds is 1 or more")
    return asked


def select(names):
    """Workload to the names of its wanted rows, and which tables are wanted. Ends the program on an unknown name."""
    known = {workload: [row["name"] for row in plan.describe(workload)["rows"]] for workload in plan.workloads()}
    words = set(tables.NAMES) | set(known) | {row for rows in known.values() for row in rows}
    for name in names:
        if name not in words:
            sys.exit("bench/run: no such workload or row: %s\nthere are: %s" % (name, " ".join(sorted(words))))
    if not names:
        return known, list(tables.NAMES)
    wanted = {}
    for workload, rows in known.items():
        chosen = rows if workload in names else [row for row in rows if row in names]
        if chosen:
            wanted[workload] = chosen
    return wanted, [name for name in tables.NAMES if name in names]


def measure(workload, names, full, count):
    """Rows of a workload with their figures."""
    reason = missing("hyperfine") or missing("time") or build.workload(workload)
    result = []
    for row in plan.rows(workload, full):
        if row.name not in names:
            continue
        runs = []
        if reason:
            row.skipped, row.variants = reason, []
            say("%s skipped: %s" % (row.name, reason))
        else:
            runs = rounds.measure(row, count)
        entries = summary.figures(row, runs) if runs else []
        result.append({"row": row, "runs": runs, "entries": entries, "verdict": summary.verdict(row, runs, entries) if entries else None,
                       "goals": summary.goals(row, runs) if entries else []})
    return result


def raw(found):
    """What goes into workloads.json: every run, every command, and the figures made of them."""
    rows = found["rows"]
    return {
        "machine": found["machine"], "command": found["command"], "rounds": found["rounds"], "allockit": found["allockit"],
        "peers": found["peers"],
        "commands": {row["row"].name: {variant.name: rounds.written(variant) for variant in row["row"].variants} for row in rows},
        "summary": [{"row": row["row"].name, "title": row["row"].title, "skipped": row["row"].skipped,
                     "skipped_variants": row["row"].skipped_peers,
                     "failed": {variant.name: variant.failed for variant in row["row"].variants if variant.failed},
                     "entries": row["entries"], "against_best": row["verdict"], "goals": row["goals"]} for row in rows],
        "runs": [run for row in rows for run in row["runs"]],
    }


def write_json(path, value):
    """One run per line: the file stays readable and its differences small."""
    runs = value.pop("runs")
    text = json.dumps(value, indent=1)
    lines = ",\n".join(json.dumps(run) for run in runs)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:-2] + ',\n "runs": [\n' + lines + "\n ]\n}\n")


def draw(folder):
    """Name of the picture, or None when there is no matplotlib."""
    if missing("matplotlib"):
        say("plot skipped: " + missing("matplotlib"))
        return None
    python = os.path.join(CACHE, "venv", "bin", "python")
    script = os.path.join(WORKLOADS, "driver", "plot.py")
    done = subprocess.run([python, "-B", script, os.path.join(folder, "workloads.json"), os.path.join(folder, "workloads.png")],
                          capture_output=True, text=True)
    if done.returncode != 0:
        say("plot skipped: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
        return None
    return "workloads.png"


def destination(asked):
    if asked.out:
        return os.path.abspath(asked.out)
    whole = asked.full and not asked.names
    return os.path.join(TOP, "bench", "results") if whole else os.path.join(CACHE, "results")


def main():
    asked = arguments()
    wanted, wanted_tables = select(asked.names)
    start = time.monotonic()
    build.prepare()
    try:
        build.library()
        build.peers()
        count = asked.rounds or (15 if asked.full else 3)
        rows = [row for workload, names in wanted.items() for row in measure(workload, names, asked.full, count)]
    except build.Failed as failure:
        sys.exit("bench/run: %s" % failure)
    folder = destination(asked)
    os.makedirs(folder, exist_ok=True)
    version = subprocess.run(VERSION, env=environment(), capture_output=True, text=True).stdout.strip()
    ran = {variant.name.split(",")[0] for row in rows for variant in row["row"].variants}
    found = {"machine": machine.describe(), "command": " ".join(["bench/run"] + sys.argv[1:]), "rounds": count, "allockit": version,
             "peers": {name: version for name, version in build.versions().items() if name in ran}, "rows": rows}
    failed = [row["row"].name for row in rows if any(variant.failed for variant in row["row"].variants)]
    if rows:
        write_json(os.path.join(folder, "workloads.json"), raw(found))
        found["plot"] = draw(folder)
        with open(os.path.join(folder, "workloads.md"), "w", encoding="utf-8") as file:
            file.write(report.markdown(found))
        print(report.text(found), flush=True)
    for name in wanted_tables:
        options = ["--full"] * asked.full + ["--system"] * (asked.system and name == "regions")
        if not tables.run(name, options, folder):
            failed.append(name)
    say("\nreport: %s, after %d s" % (relative(report.join(folder)), time.monotonic() - start))
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nbench/run: interrupted")
