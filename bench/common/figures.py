"""From raw figures to tables: medians, spread, ratios to the best of the others, Markdown."""
import json
import math
import os
import statistics
import subprocess
import sys

from places import CACHE, say


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1e6:
        return "%.3gM" % (value / 1e6)
    if abs(value) >= 1e4:
        return "%.3gk" % (value / 1e3)
    return "%.3g" % value if abs(value) < 1000 else "%.0f" % value


def ratio_text(found):
    if not found or found["ratio"] is None:
        return "-"
    return "%.2f (%.2f-%.2f)" % (found["ratio"], found["low"], found["high"])


def markdown(lines):
    def line(cells):
        return "| " + " | ".join(cells) + " |"
    return "\n".join([line(lines[0]), line(["---"] + ["---:"] * (len(lines[0]) - 1))] + [line(cells) for cells in lines[1:]]) + "\n"


def columns(lines, most=58):
    """The same for a terminal."""
    lines = [[cells[0][:most]] + cells[1:] for cells in lines]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()
                     for cells in lines)


class Table:
    """Rows with the figures of several columns: ours, and the others that they are compared with, the best of which is taken from
    `rivals` where not all of them are meant. `names` says what columns are called where it is not their key; `goals` has for a row
    (bound, text) where a bound says more than the best of the others; where more is better it is a lower bound."""

    def __init__(self, rows, ours, others, figures, names=None, goals=None, rivals=None):
        self.rivals = others if rivals is None else rivals
        self.ours, self.others, self.names, self.goals = ours, others, names or {}, goals or {}
        self.values = {key: [figure["value"] for figure in list_of] for key, list_of in figures.items()}
        self.entries = [self._entry(row, figures) for row in rows]

    def _entry(self, row, figures):
        entry = {key: row[key] for key in ("id", "label", "unit", "kind", "who")}
        entry["allocators"] = {}
        for name in self.ours + self.others:
            if (row["id"], name) not in self.values:
                continue
            raw, mine = figures[row["id"], name], self.values[row["id"], name]
            low, high = quartiles(mine)
            data = {"median": statistics.median(mine), "min": min(mine), "max": max(mine), "low": low, "high": high, "values": mine}
            for field in sorted({key for figure in raw for key in figure} - {"row", "value"}):
                found = [figure[field] for figure in raw if field in figure]
                if found:
                    data[field] = statistics.median(found)
            entry["allocators"][name] = data
        for name in self.ours:
            entry[name] = self.against(row, name, self.rivals)
        if row["id"] in self.goals:
            entry["goal"] = self.goals[row["id"]][1]
        return entry

    def against(self, row, mine, rivals):
        """Ratio of medians to the best of the rivals, and the quartiles of the ratio within each round."""
        medians = {name: statistics.median(self.values[row["id"], name]) for name in rivals if (row["id"], name) in self.values}
        if not medians or (row["id"], mine) not in self.values:
            return None
        best = (max if row["kind"] == "more" else min)(medians, key=medians.get)
        if medians[best] <= 0:
            return {"best": best, "ratio": None}
        rounds = [a / b for a, b in zip(self.values[row["id"], mine], self.values[row["id"], best]) if b > 0]
        low, high = quartiles(rounds)
        return {"best": best, "ratio": statistics.median(self.values[row["id"], mine]) / medians[best], "low": low, "high": high}

    def name(self, key):
        return self.names.get(key, key)

    def ratios(self, ours):
        return [row[ours]["ratio"] for row in self.entries if row["kind"] == "time" and row[ours] and row[ours]["ratio"]]

    def verdict(self, row):
        """Marks rows that lose: above 1.00 and above 1.05 of the best of the others, or beyond the goal."""
        mine = self.ours[0]
        if row["id"] in self.goals:
            data, bound = row["allocators"].get(mine), self.goals[row["id"]][0]
            if row["kind"] == "more":
                return "below the goal" if data and data["median"] < bound else ""
            return "over the goal" if data and data["median"] > bound else ""
        found = row[mine]
        if not found or not found["ratio"] or found["ratio"] <= 1.0 or row["kind"] != "time":
            return ""
        mark = "> 1.05" if found["ratio"] > 1.05 else "> 1.00"
        return mark + (", within spread" if found["low"] <= 1.0 else "")

    def losing(self):
        return ["%s (%s)" % (row["label"], self.verdict(row)) for row in self.entries if self.verdict(row)]

    def _head(self, first):
        return [first] + [self.name(key) for key in self.others + self.ours]

    def medians(self, more_ratio="no purge thread"):
        """The main table. more_ratio heads the ratio of the second of ours, when there is one."""
        with_more = len(self.ours) > 1
        head = self._head("row")
        lines = [head[:1] + ["unit"] + head[1:] + ["best peer", "ratio (spread)"] + [more_ratio] * with_more + ["goal"] * bool(self.goals) + [""]]
        for row in self.entries:
            cells = [row["label"], row["unit"]]
            cells += [number(row["allocators"].get(key, {}).get("median")) for key in self.others + self.ours]
            mine = row[self.ours[0]]
            cells += [self.name(mine["best"]) if mine else "-"] + [ratio_text(row[key]) for key in self.ours[:2]]
            lines.append(cells + [row.get("goal", "")] * bool(self.goals) + [self.verdict(row)])
        return lines

    def detail(self, field, scale=1.0):
        lines = [self._head("row")]
        for row in self.entries:
            cells = [row["allocators"].get(key, {}).get(field) for key in self.others + self.ours]
            if any(cell is not None for cell in cells):
                lines.append([row["label"]] + [number(cell if cell is None else cell / scale) for cell in cells])
        return lines

    def spread(self):
        lines = [self._head("row")]
        for row in self.entries:
            cells = [row["allocators"].get(key) for key in self.others + self.ours]
            lines.append([row["label"]] + ["%s; %s-%s" % (number(c["min"]), number(c["low"]), number(c["high"])) if c else "-" for c in cells])
        return lines


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def write_json(path, result):
    """One row per line: the file stays readable and its differences small."""
    with open(path, "w", encoding="utf-8") as file:
        rows = ",\n".join("  " + json.dumps(row) for row in result["rows"])
        others = ",\n".join(" %s: %s" % (json.dumps(key), json.dumps(value)) for key, value in result.items() if key != "rows")
        file.write("{\n%s,\n \"rows\": [\n%s\n ]\n}\n" % (others, rows))


def draw(script, data, picture):
    """The plot needs matplotlib, which lives in a private environment when it could be had."""
    own = os.path.join(CACHE, "venv", "bin", "python3")
    python = own if os.path.exists(own) else sys.executable
    done = subprocess.run([python, "-B", script, data, picture], capture_output=True, text=True)
    if done.returncode == 0:
        return picture
    say("plot skipped: " + (done.stderr.strip().splitlines() or ["unknown"])[-1])
    return None
