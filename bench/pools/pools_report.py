"""The report of buffer pools."""
import os

import figures as tables
import go_sections
import suite


def part(language, section, rows, figures):
    return suite.Part(section, rows, figures, language.NAMES, language.GOALS)


def comparisons(table):
    """The ratios that Go's rows are judged by: a line per row."""
    head = ["row"] + [title for title, _, _, _ in go_sections.COMPARISONS]
    lines = []
    for row in table.entries:
        cells = []
        for _, mine, others, bound in go_sections.COMPARISONS:
            found = table.against(row, mine, others)
            over = found and found["ratio"] and found["ratio"] > bound
            cells.append(tables.ratio_text(found) + (" > %g" % bound if over else ""))
        if row["kind"] in ("time", "extra") and any(cell != "-" for cell in cells):
            lines.append([row["label"]] + cells)
    return [head] + lines if lines else []


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
            lines.append("Go rows: " + ", ".join("%s %s" % pair for pair in result["go"].items()) + "; `go test -bench`, the purge thread on.")
        return lines

    def remarks(self, part):
        if part.section.key != "go-pair" and part.section.key != "go-parallel" or part.table is None:
            return []
        lines = comparisons(part.table)
        return [tables.markdown(lines)] if lines else []

    def console(self):
        lines = [super().console()]
        for part in self.parts:
            if part.section.key in ("go-pair", "go-parallel") and part.table and comparisons(part.table):
                lines += ["", part.section.title + ", ratios:", tables.columns(comparisons(part.table))]
        return "\n".join(lines)
