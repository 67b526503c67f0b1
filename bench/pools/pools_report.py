"""The report of buffer pools."""
import os

import figures as tables
import go_sections
import suite


def part(language, section, rows, figures):
    return suite.Part(section, rows, figures, language.NAMES, language.GOALS)


# Sections whose rows are also compared with named columns.
COMPARED = ("go-pair", "go-parallel", "go-load")


def _per_operation(found, row):
    """A ratio of throughputs as one of times."""
    if row["unit"] != "M/s" or not found or not found["ratio"]:
        return found
    return {"ratio": 1 / found["ratio"], "low": 1 / found["high"], "high": 1 / found["low"]}


def comparisons(part):
    """The ratios that Go's rows are judged by: a line per row. Empty where the section has none."""
    if part.section.key not in COMPARED or part.table is None:
        return []
    lines = [["time per pair, row"] + [title for title, _, _, _ in go_sections.COMPARISONS]]
    for row in part.table.entries:
        if row["unit"] == "x":
            continue
        cells = []
        for _, mine, others, bound in go_sections.COMPARISONS:
            found = _per_operation(part.table.against(row, mine, others), row)
            over = found and found["ratio"] and found["ratio"] > bound
            cells.append(tables.ratio_text(found) + (" > %g" % bound if over else ""))
        lines.append([row["label"]] + cells)
    return lines if len(lines) > 1 else []


class Report(suite.Report):
    stem, title = "pools", "Buffer pools"
    plot = os.path.join(os.path.dirname(__file__), "pools_plot.py")

    def introduction(self):
        result = self.result
        versions = ", ".join("%s %s" % pair for pair in result["versions"].items())
        lines = [
            "%d rounds (burst: fewer), %g s per timed row." % (result["rounds"], result["seconds_per_row"]),
            "Medians over interleaved rounds, a fresh process per column and row. The ratio is that of the medians to the best peer of the row; in "
            "brackets the quartiles of the ratio within each round. allockit: a pool with its defaults unless the column says otherwise; peers of the C "
            "and C++ rows: malloc and free of the same sizes through LD_PRELOAD, glibc in its default mode (thresholds adapt). A failed request ends "
            "the run.",
        ]
        lines += ["Peers: %s." % versions] if versions else []
        if result["go"]:
            lines.append("Go rows: " + ", ".join("%s %s" % pair for pair in result["go"].items()) + "; `go test -bench`; a goroutine calls `Maintain` when it is due.")
        return lines

    def remarks(self, part):
        lines = comparisons(part)
        return [tables.markdown(lines)] if lines else []

    def console(self):
        lines = [super().console()]
        for part in self.parts:
            ratios = comparisons(part)
            lines += ["", part.section.title + ", ratios:", tables.columns(ratios)] if ratios else []
        return "\n".join(lines)
