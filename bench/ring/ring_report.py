"""The report of the ring."""
import os

import figures as tables
import sections
import suite

COMPARED = ("sweep", "sizes", "profile")


def part(section, rows, figures):
    return suite.Part(section, rows, figures, sections.NAMES, sections.GOALS)


def comparisons(part):
    """The ratios that rows are judged by beside the best peer: a line per row. Empty where the section has none."""
    if part.section.key not in COMPARED or part.table is None:
        return []
    lines = [["row"] + [title for title, _, _, _ in sections.COMPARISONS]]
    for row in part.table.entries:
        cells = []
        for _, mine, others, bound in sections.COMPARISONS:
            found = part.table.against(row, mine, others)
            over = found and found["ratio"] and found["ratio"] > bound
            cells.append(tables.ratio_text(found) + (" > %g" % bound if over else ""))
        if any(cell != "-" for cell in cells):
            lines.append([row["label"]] + cells)
    return lines if len(lines) > 1 else []


def more_goals(part):
    lines = []
    for row in part.table.entries if part.table else []:
        for name, column, bound in sections.MORE_GOALS:
            data = row["allocators"].get(column)
            if row["id"] == name and data:
                lines.append("%s, %s: %.3g ns, goal <= %g ns%s." % (row["label"], sections.NAMES[column], data["median"], bound,
                                                                    ": over the goal" if data["median"] > bound else ""))
    return lines


class Report(suite.Report):
    stem, title = "ring", "Buffer ring"
    plot = os.path.join(os.path.dirname(__file__), "ring_plot.py")

    def introduction(self):
        result = self.result
        lines = [
            "%d rounds, %.3g million steps per timed row." % (result["rounds"], result["seconds_per_row"] * 100),
            "Medians over interleaved rounds, a fresh process per column and row. The ratio is that of the medians to the best peer of the row; in "
            "brackets the quartiles of the ratio within each round. allockit: a ring with blocks of 1/64 of the area (small areas: larger ones, up to a quarter), called through the installed "
            "shared library, purge thread on; ordered: AKIT_RING_ORDERED; coloured: colour_bytes 64; 2 MiB pages: AKIT_THP_ADVISE. Seed's design "
            "and its later version: the algorithms in C++, repaired as far as the rows need it (bench/ring/ancestors.h). Peers: malloc and free through "
            "LD_PRELOAD, glibc in its default mode. BytesMut: reserve, split and freeze. ringbuf: bytes committed and skipped in place, which "
            "only works in order. A failed request ends the run.",
        ]
        for title, key in (("Peers", "versions"), ("Rust columns", "rust")):
            if result[key]:
                lines.append(title + ": %s." % ", ".join("%s %s" % pair for pair in result[key].items()))
        return lines

    def remarks(self, part):
        lines = more_goals(part)
        ratios = comparisons(part)
        return lines + ([tables.markdown(ratios)] if ratios else [])

    def console(self):
        lines = [super().console()]
        for part in self.parts:
            ratios = comparisons(part)
            lines += ["", part.section.title + ", ratios:", tables.columns(ratios)] if ratios else []
            lines += more_goals(part)
        return "\n".join(lines)
