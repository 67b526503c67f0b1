"""The report on io_uring."""
import os

import figures as tables
import sections
import suite


def part(section, rows, figures):
    return suite.Part(section, rows, figures, sections.NAMES, sections.GOALS)


def _missed(row, found, bounds):
    if not found or not found["ratio"] or not bounds:
        return ""
    most_time, least_rate = bounds
    if row["kind"] == "more":
        return " < %g" % least_rate if found["ratio"] < least_rate else ""
    return " > %g" % most_time if found["ratio"] > most_time else ""


def comparisons(part):
    """The ratios that rows are judged by: a line per row. Empty where the section has none."""
    wanted = sections.COMPARISONS.get(part.section.key, ())
    if not wanted or part.table is None:
        return []
    lines = [["row"] + [title for title, _, _, _ in wanted]]
    for row in part.table.entries:
        ratios = [part.table.against(row, mine, [other]) for _, mine, other, _ in wanted]
        lines.append([row["label"]] + [tables.ratio_text(found) + _missed(row, found, one[3]) for one, found in zip(wanted, ratios)])
    return lines


def no_gain(part):
    """Says plainly where fixed buffers do not help."""
    if part.section.key != "files" or part.table is None:
        return []
    gains = {}
    for row in part.table.entries:
        found = part.table.against(row, "fixed", ["plain"])
        if found and found["ratio"]:
            what = row["label"].rsplit(":", 1)[0]
            gains[what] = max(gains.get(what, -1), found["ratio"] - 1 if row["kind"] == "more" else 1 - found["ratio"])
    useless = [what for what, gain in gains.items() if gain < sections.GAIN]
    return ["READ_FIXED gains less than %g %% over READ, in CPU and in throughput, with: %s." % (100 * sections.GAIN, "; ".join(useless) or "none of these")]


class Report(suite.Report):
    stem, title = "uring", "io_uring"
    plot = os.path.join(os.path.dirname(__file__), "uring_plot.py")

    def introduction(self):
        return [
            "%d rounds, %g s per row of reads." % (self.result["rounds"], self.result["seconds_per_row"] * 10),
            "Medians over interleaved rounds, a fresh process per column and row. The ratio is that of the medians to the best other column of the "
            "row; in brackets the quartiles of the ratio within each round. By hand: a program with liburing %s. allockit, own ring: the same "
            "program, registered by akit_uring, akit_uring_lookup for every read. allockit_io: its ring and its choice of fixed reads. A failed "
            "request ends the run." % self.result["liburing"],
        ]

    def remarks(self, part):
        ratios = comparisons(part)
        return no_gain(part) + ([tables.markdown(ratios)] if ratios else [])

    def console(self):
        lines = [super().console()]
        for part in self.parts:
            ratios = comparisons(part)
            lines += ["", part.section.title + ", ratios:", tables.columns(ratios)] if ratios else []
            lines += no_gain(part)
        return "\n".join(lines)
