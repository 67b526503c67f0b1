"""The report of regions and huge pages."""
import os

import suite
import sections

# The slowest size may be so much slower than the fastest, before the handle counts as not flat in size.
FLAT = 1.5


def part(section, rows, figures, burst):
    goals = {"pair-flat": (FLAT, "<= %g" % FLAT), "decay-300": (burst / 100 / (1 << 20), "<= 1 % of the burst")}
    return suite.Part(section, rows, figures, sections.NAMES, goals)


class Report(suite.Report):
    stem, title = "regions", "Regions and huge pages"
    plot = os.path.join(os.path.dirname(__file__), "regions_plot.py")

    def introduction(self):
        result = self.result
        reserved = ("Huge pages were reserved for the rows that need them and taken back afterwards." if result["reserved"] else
                    "No huge pages were reserved for this run: rows that need more than the system has are skipped.")
        return [
            "%d rounds (decay and page sizes: fewer), %g s per timed row." % (result["rounds"], result["seconds_per_row"]),
            "Peers: %s." % ", ".join("%s %s" % pair for pair in result["versions"].items()),
            "Medians over interleaved rounds, a fresh process per column and row. The ratio is that of the medians to the best peer of the row; in "
            "brackets the quartiles of the ratio within each round. allockit: a region handle with its defaults unless the column says otherwise, "
            "called through the installed shared library; peers: malloc and free of the same sizes through LD_PRELOAD. glibc is in its "
            "default mode (thresholds adapt) unless the column says tuned. Without the purge thread nothing calls `akit_maintain` either. "
            "A failed allocation ends the run. " + reserved,
        ]

    def remarks(self, part):
        return ["Burst: %d MiB." % (self.result["burst_bytes"] >> 20)] if part.section.key == "decay" else []
